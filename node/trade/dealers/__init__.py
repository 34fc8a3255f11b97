"""What a dealer's node says on one channel because of what was said on another."""
