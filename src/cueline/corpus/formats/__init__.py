"""The formats that are read: a package a family, a module a format."""
