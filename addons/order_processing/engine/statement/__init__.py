"""Readers of bank files: one module per format, bytes in, plain statements out."""
