"""The page that an auditor reads first. It stands in the export and carries no evidence."""

from __future__ import annotations

TEXT = """\
HANSE AUDIT EXPORT
==================
Written by the node {node}.

This folder holds the books that this merchant keeps together with its partners: every business document up to a
point that both sides have signed for. You can check all of it offline. You need no access to any node, no password
and no secret key, and you need not trust whoever gave you this folder.

HOW TO CHECK IT
  hanse audit verify DIR          DIR is this folder. Exit status 0: everything holds. 65: something does not, and
                                  every finding names the file, what was expected and what was found.
  go run verify.go DIR/channels/PARTNER/LOGBOOK
                                  The same logbook checked by code that Hanse's authors did not write: the Go packages
                                  golang.org/x/mod/sumdb/note and tlog. verify.go is in Hanse's source, tests/foreign.
  Any tool that reads C2SP tlog-tiles can do the same: each logbook folder is such a log, and its file "policy" names
  the keys (C2SP tlog-policy).

WHAT IS IN IT
  identities/NODE/                the history of a merchant's public keys. NODE is derived from the first entry, so
                                  ask the merchant for it by telephone: that is the one thing you must know.
  channels/PARTNER/               what passed between this merchant and one partner, in two logbooks: each is written
                                  by one of the two alone and signed for by the other.
    LOGBOOK/tile/entries/         the documents, byte for byte, as they were signed
    LOGBOOK/tile/0/, 1/, ...      hashes over them (RFC 6962)
    LOGBOOK/checkpoint            the author's signature over all documents, and the reader's that it has them all
    LOGBOOK/heads                 the same for every earlier point at which somebody signed
    LOGBOOK/receipts              how far each side was when it signed for the other: this decides who knew what first
    LOGBOOK/vkey, mirror-vkey, policy     the public keys for other tools
    statements/                   the monthly statements that were proposed, in words and figures
    blobs/                        their lines in the form that the signed documents name
  README.txt                      this page. It is the only file that proves nothing.

WHAT THE FOUR NUMBERS MEAN
  proved          documents that were signed, are complete, follow the rules, and whose amounts were recomputed
  deemed          documents that took effect by the silence of the other side, as both had agreed beforehand
  contested       documents about which the two sides say different things
  not disclosed   documents that name something which is not in this folder, such as an attachment
  Beside them stand the documents that the rules refused. They are in the books, and have no effect.
  Recipients' names and addresses are never in a logbook. They are sealed to whoever ships the goods.

WHAT IT CANNOT TELL
  That goods left a building or that money moved: only that both sides have signed that they did.
  That the merchant has no other partners: each channel proves itself alone.
  That nothing happened after the last signed point. The report names later points that are known to exist.

中文说明
  这个文件夹是商家与每个伙伴共同签署的账簿:双方都已签收的全部业务单据。核对时不需要联网,不需要密码或私钥,
  也不需要信任提供文件夹的人。运行 hanse audit verify 文件夹 即可:返回 0 表示全部成立;返回 65 表示有问题,
  并逐条指出是哪个文件、应当是什么、实际是什么。报告给出四个数字:已证明(proved)、因沉默而视为同意(deemed)、
  双方有争议(contested)、未披露(not disclosed)。被规则拒绝的单据另行列出,它们不产生任何效力。
  收件人的姓名和地址从不写入账簿。唯一需要另行确认的是商家的 NodeID:请打电话向商家本人核对。
  本文件(README.txt)不具有证明力,其余每个文件改动一个字节都会被发现。
"""


def text(node: str) -> str:
    """The page, for the NodeID (as text) of the node that made the export."""
    return TEXT.format(node=node)


DOCUMENT = """\
HANSE: PROOF OF ONE DOCUMENT
============================
Written by the node {node}.

  document.entry                  the document, byte for byte as it stands in its author's logbook
  document.tlog-proof             the proof that it stands there (C2SP tlog-proof), under the signed head beside it
  opening.entry, .tlog-proof      the same for the first entry of that logbook, which says whose logbook it is
  logbook/checkpoint              the head: signed by the author, and by the partner, who confirms that it has all of it
  logbook/vkey, mirror-vkey       their public keys; logbook/policy for C2SP tools
  identities/NODE/                the history of their public keys. NODE follows from the first entry: ask by telephone.

It proves who wrote the document, and that the partner had it at the time of the cosignature. What became of it, only
the whole books can tell: ask for an audit export.

中文:本文件夹证明一份单据确由署名商家写入账簿,并在联署时间之前已由对方签收;单据之后的结果须看完整账簿。
"""


def document(node: str) -> str:
    """The page beside the proof of one document of the author with this NodeID (as text)."""
    return DOCUMENT.format(node=node)
