"""Arguments of calls: each copied from where such values come from, or known to be missing."""
