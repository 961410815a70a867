"""Corpora annotated by act and slot: SGD, MultiWOZ, ConvLab, Sim."""
