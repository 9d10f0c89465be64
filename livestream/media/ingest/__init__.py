"""Going live from a browser: the socket that takes MediaRecorder's pieces (docs/protocol.md)."""
