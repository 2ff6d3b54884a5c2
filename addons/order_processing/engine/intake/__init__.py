"""Readers of order documents: one module per format, bytes in, canonical order out."""
