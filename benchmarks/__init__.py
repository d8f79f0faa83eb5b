"""Measures what docs/operations.md says of speed and size. ``python -m benchmarks`` runs all of it.

Each benchmark starts a site of its own (PostgreSQL and Redis as in production, one uvicorn process) and a model
provider of its own, on loopback, and ends them. Everything shares the machine, so measure when nothing else runs.
"""
