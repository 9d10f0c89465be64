"""The crew's console of one session."""
