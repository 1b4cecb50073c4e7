"""Public links, /p/<token>: what people without an account may read, and one act each."""
