// Command verify checks an exported logbook with code that the authors of Hanse did not write: the signed notes and
// transparency logs of golang.org/x/mod (Debian package golang-golang-x-mod-dev). It shares nothing with the Python
// programs beside it.
//
// Usage:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go DIR...
//
// Each DIR is one logbook as docs/protocol.md section 13.2 lays it out:
//
//	vkey                     the logbook's verifier key (C2SP signed-note, type 0x01), one line
//	checkpoint               the newest signed head (C2SP tlog-checkpoint)
//	tile/<L>/<N>[.p/<W>]     tiles of hashes, tile/entries/<N>[.p/<W>] the entries (C2SP tlog-tiles)
//	mirror-vkey              optional: verifier keys of type 0x04, one a line; each must have cosigned the checkpoint
//	checkpoints/*            optional: older signed heads; each must be a prefix of the newest
//	consistency/*            optional: requests of C2SP tlog-witness (old size, proof, checkpoint); each must prove it
//	proofs/NAME.tlog-proof   optional: proof files (C2SP tlog-proof), each beside the entry itself in proofs/NAME.entry
//
// The root is computed from the entries alone; every tile, head and proof is then compared with it. The program prints
// one line for each DIR and exits with 0, or names the first file that is wrong and exits with 1; 2 is for wrong usage.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight      = 8
	tileWidth       = 1 << tileHeight
	typeEd25519     = 0x01
	typeCosignature = 0x04
)

// A fault names the file that is wrong.
type fault struct {
	file   string
	reason string
}

func (f *fault) Error() string { return f.file + ": " + f.reason }

func wrong(file, format string, args ...interface{}) error {
	return &fault{file, fmt.Sprintf(format, args...)}
}

// A head is what a checkpoint says.
type head struct {
	size int64
	root tlog.Hash
}

// A logbook is one folder, with everything recomputed from its entries.
type logbook struct {
	dir     string
	origin  string
	known   []note.Verifier
	mirrors []note.Verifier
	newest  head
	hashes  []tlog.Hash // in the order of tlog.StoredHashIndex
	files   map[string]bool
}

func main() {
	if len(os.Args) < 2 || strings.HasPrefix(os.Args[1], "-") {
		fmt.Fprintln(os.Stderr, "usage: verify DIR...")
		os.Exit(2)
	}
	for _, dir := range os.Args[1:] {
		l := &logbook{dir: dir, files: map[string]bool{}}
		if err := l.verify(); err != nil {
			fmt.Fprintln(os.Stderr, "wrong:", err)
			os.Exit(1)
		}
		fmt.Printf("right: %s, %d entries, root %s, %d cosignatures\n", l.origin, l.newest.size, l.newest.root, len(l.mirrors))
	}
}

func (l *logbook) verify() error {
	for _, step := range []func() error{
		l.readKeys, l.readCheckpoint, l.readEntries, l.checkTiles, l.checkStrayTiles, l.checkOlder, l.checkConsistency, l.checkProofs,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (l *logbook) read(file string) ([]byte, error) {
	l.files[filepath.ToSlash(file)] = true
	data, err := os.ReadFile(filepath.Join(l.dir, file))
	if err != nil {
		return nil, wrong(file, "%v", err)
	}
	return data, nil
}

// list returns the files of an optional folder, sorted.
func (l *logbook) list(folder string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(l.dir, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, wrong(folder, "%v", err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, folder+"/"+entry.Name())
	}
	sort.Strings(names)
	return names, nil
}

func (l *logbook) readKeys() error {
	data, err := l.read("vkey")
	if err != nil {
		return err
	}
	verifier, err := parseKey(strings.TrimSuffix(string(data), "\n"), typeEd25519)
	if err != nil {
		return wrong("vkey", "%v", err)
	}
	l.origin = verifier.Name()
	l.known = []note.Verifier{verifier}
	if _, err := os.Stat(filepath.Join(l.dir, "mirror-vkey")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	data, err = l.read("mirror-vkey")
	if err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		mirror, err := parseKey(line, typeCosignature)
		if err != nil {
			return wrong("mirror-vkey", "%v", err)
		}
		l.mirrors = append(l.mirrors, mirror)
	}
	return nil
}

// parseKey reads a verifier key and refuses one that would verify anything.
func parseKey(text string, kind byte) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a verifier key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != kind {
		return nil, fmt.Errorf("not an Ed25519 key of type %#02x", kind)
	}
	if weak(raw[1:]) {
		return nil, errors.New("a weak key, which would verify any text")
	}
	if kind == typeEd25519 {
		return note.NewVerifier(text)
	}
	id, err := hex.DecodeString(parts[1])
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), raw...))
	if err != nil || len(id) != 4 || string(id) != string(sum[:4]) || parts[0] == "" {
		return nil, errors.New("the key id does not belong to the key")
	}
	return &cosigner{parts[0], binary.BigEndian.Uint32(id), raw[1:]}, nil
}

// weak reports whether an Ed25519 key is of small order or has a second spelling ("Taming the many EdDSAs", table 1).
func weak(key []byte) bool {
	var y, p big.Int
	reversed := make([]byte, len(key))
	for i, b := range key {
		reversed[len(key)-1-i] = b
	}
	reversed[0] &= 0x7f
	y.SetBytes(reversed)
	p.Sub(p.Lsh(big.NewInt(1), 255), big.NewInt(19))
	if y.Cmp(&p) >= 0 {
		return true
	}
	y8, _ := new(big.Int).SetString("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16)
	for _, small := range []*big.Int{
		big.NewInt(0), big.NewInt(1), new(big.Int).Sub(&p, big.NewInt(1)), y8, new(big.Int).Sub(&p, y8),
	} {
		if y.Cmp(small) == 0 {
			return true
		}
	}
	return false
}

// A cosigner verifies timestamped cosignatures, C2SP tlog-cosignature, signature type 0x04.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	if time == 0 || time > 1<<63-1 {
		return false
	}
	signed := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
	return ed25519.Verify(c.key, signed, signature[8:])
}

func (l *logbook) readCheckpoint() error {
	data, err := l.read("checkpoint")
	if err != nil {
		return err
	}
	opened, err := note.Open(data, note.VerifierList(append(append([]note.Verifier{}, l.known...), l.mirrors...)...))
	if err != nil {
		return wrong("checkpoint", "%v", err)
	}
	signed := map[string]bool{}
	for _, signature := range opened.Sigs {
		signed[fmt.Sprintf("%s %08x", signature.Name, signature.Hash)] = true
	}
	for _, verifier := range append(append([]note.Verifier{}, l.known...), l.mirrors...) {
		if !signed[fmt.Sprintf("%s %08x", verifier.Name(), verifier.KeyHash())] {
			return wrong("checkpoint", "no signature of %s", verifier.Name())
		}
	}
	l.newest, err = l.parseHead(opened.Text)
	if err != nil {
		return wrong("checkpoint", "%v", err)
	}
	return nil
}

// openHead reads a checkpoint that needs the logbook's own signature only.
func (l *logbook) openHead(data []byte) (head, error) {
	opened, err := note.Open(data, note.VerifierList(l.known...))
	if err != nil {
		return head{}, err
	}
	return l.parseHead(opened.Text)
}

func (l *logbook) parseHead(text string) (head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return head{}, errors.New("a checkpoint has three lines")
	}
	if lines[0] != l.origin {
		return head{}, fmt.Errorf("a head of %s, not of %s", lines[0], l.origin)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return head{}, fmt.Errorf("not a size: %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return head{}, fmt.Errorf("not a root: %q", lines[2])
	}
	return head{size, root}, nil
}

// path is where C2SP tlog-tiles puts a tile; x/mod puts the height into the path as well.
func path(level string, number int64, width int) string {
	full := tlog.Tile{H: tileHeight, L: 0, N: number, W: width}.Path()
	return "tile/" + level + strings.TrimPrefix(full, "tile/8/0")
}

// widths calls visit for each tile over count hashes or entries.
func widths(count int64, visit func(number int64, width int) error) error {
	for number := int64(0); number*tileWidth < count; number++ {
		width := count - number*tileWidth
		if width > tileWidth {
			width = tileWidth
		}
		if err := visit(number, int(width)); err != nil {
			return err
		}
	}
	return nil
}

// ReadHashes serves what was computed from the entries to the proofs of x/mod.
func (l *logbook) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	result := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(l.hashes)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		result[i] = l.hashes[index]
	}
	return result, nil
}

func (l *logbook) rootAt(size int64) (tlog.Hash, error) {
	if size == 0 { // x/mod has no empty tree; RFC 6962 section 2.1 has
		return sha256.Sum256(nil), nil
	}
	return tlog.TreeHash(size, l)
}

func (l *logbook) readEntries() error {
	var index int64
	err := widths(l.newest.size, func(number int64, width int) error {
		file := path("entries", number, width)
		data, err := l.read(file)
		if err != nil {
			return err
		}
		for i := 0; i < width; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return wrong(file, "ends in entry %d", index)
			}
			length := int(binary.BigEndian.Uint16(data))
			added, err := tlog.StoredHashes(index, data[2:2+length], l)
			if err != nil {
				return wrong(file, "%v", err)
			}
			l.hashes = append(l.hashes, added...)
			data, index = data[2+length:], index+1
		}
		if len(data) != 0 {
			return wrong(file, "%d bytes too many", len(data))
		}
		return nil
	})
	if err != nil {
		return err
	}
	root, err := l.rootAt(l.newest.size)
	if err != nil {
		return wrong("checkpoint", "%v", err)
	}
	if root != l.newest.root {
		return wrong("checkpoint", "the entries have root %s, not %s", root, l.newest.root)
	}
	return nil
}

func (l *logbook) checkTiles() error {
	count := l.newest.size
	for level := 0; count > 0; level, count = level+1, count/tileWidth {
		err := widths(count, func(number int64, width int) error {
			file := path(strconv.Itoa(level), number, width)
			data, err := l.read(file)
			if err != nil {
				return err
			}
			expected, err := tlog.ReadTileData(tlog.Tile{H: tileHeight, L: level, N: number, W: width}, l)
			if err != nil {
				return wrong(file, "%v", err)
			}
			if string(data) != string(expected) {
				return wrong(file, "not the hashes of the entries")
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkStrayTiles finds tiles that no tree of this size has. Partial tiles of smaller trees are allowed by the
// specification, but an export has no use for them.
func (l *logbook) checkStrayTiles() error {
	root := filepath.Join(l.dir, "tile")
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if name == root && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return wrong("tile", "%v", err)
		}
		file, _ := filepath.Rel(l.dir, name)
		if file = filepath.ToSlash(file); !entry.IsDir() && !l.files[file] {
			return wrong(file, "no tile of a tree of %d entries", l.newest.size)
		}
		return nil
	})
}

func (l *logbook) checkOlder() error {
	files, err := l.list("checkpoints")
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := l.read(file)
		if err != nil {
			return err
		}
		older, err := l.openHead(data)
		if err != nil {
			return wrong(file, "%v", err)
		}
		if err := l.checkPrefix(older); err != nil {
			return wrong(file, "%v", err)
		}
	}
	return nil
}

// checkPrefix proves with x/mod alone that an older head is a prefix of the newest.
func (l *logbook) checkPrefix(older head) error {
	if older.size > l.newest.size {
		return fmt.Errorf("a later head, of %d entries", older.size)
	}
	root, err := l.rootAt(older.size)
	if err != nil {
		return err
	}
	if root != older.root {
		return fmt.Errorf("the first %d entries have root %s, not %s", older.size, root, older.root)
	}
	if older.size == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(l.newest.size, older.size, l)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, l.newest.size, l.newest.root, older.size, older.root)
}

func (l *logbook) checkConsistency() error {
	files, err := l.list("consistency")
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := l.read(file)
		if err != nil {
			return err
		}
		if err := l.checkRequest(string(data)); err != nil {
			return wrong(file, "%v", err)
		}
	}
	return nil
}

// checkRequest checks a request of C2SP tlog-witness: "old N", proof lines, an empty line, a checkpoint.
func (l *logbook) checkRequest(text string) error {
	before, checkpoint, found := cut(text, "\n\n")
	lines := strings.Split(before, "\n")
	if !found || !strings.HasPrefix(lines[0], "old ") {
		return errors.New("not a request of tlog-witness")
	}
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if err != nil || old < 0 {
		return errors.New("not an old size")
	}
	proof, err := parseHashes(lines[1:])
	if err != nil {
		return err
	}
	newer, err := l.openHead([]byte(checkpoint))
	if err != nil {
		return err
	}
	if err := l.checkPrefix(newer); err != nil {
		return err
	}
	if old == 0 {
		if len(proof) != 0 {
			return errors.New("a proof of nothing")
		}
		return nil
	}
	root, err := l.rootAt(old)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, newer.size, newer.root, old, root)
}

func (l *logbook) checkProofs() error {
	files, err := l.list("proofs")
	if err != nil {
		return err
	}
	for _, file := range files {
		if !strings.HasSuffix(file, ".tlog-proof") {
			continue
		}
		data, err := l.read(file)
		if err != nil {
			return err
		}
		entry, err := l.read(strings.TrimSuffix(file, ".tlog-proof") + ".entry")
		if err != nil {
			return err
		}
		if err := l.checkProof(string(data), entry); err != nil {
			return wrong(file, "%v", err)
		}
	}
	return nil
}

// checkProof checks a proof file of C2SP tlog-proof for an entry.
func (l *logbook) checkProof(text string, entry []byte) error {
	before, checkpoint, found := cut(text, "\n\n")
	lines := strings.Split(before, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a proof file")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return errors.New("no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return errors.New("not an index")
	}
	proof, err := parseHashes(lines[1:])
	if err != nil {
		return err
	}
	under, err := l.openHead([]byte(checkpoint))
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, under.size, under.root, index, tlog.RecordHash(entry))
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil || hash.String() != line {
			return nil, fmt.Errorf("not a hash: %q", line)
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// cut is strings.Cut, which the oldest compiler that this must run with does not have.
func cut(text, separator string) (before, after string, found bool) {
	if i := strings.Index(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}
