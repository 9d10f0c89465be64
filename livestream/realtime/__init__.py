"""The room engine: one hub per process, one frame per tick. See docs/protocol.md."""
