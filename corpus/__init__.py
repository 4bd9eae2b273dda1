"""Documents, sentences, clusters, samples, splits and dataset versions; the tables and errors that all share."""
