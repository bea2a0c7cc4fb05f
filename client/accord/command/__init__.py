"""The command `accord`: the client from the shell. `main` parses, the others do."""
