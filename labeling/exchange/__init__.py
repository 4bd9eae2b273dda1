"""Labels that people made with other tools come in, and ours go out: a file for each format, one record between all."""
