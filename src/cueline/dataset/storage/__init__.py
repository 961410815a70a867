"""Datasets on disk: mapped into memory, cached, spooled."""
