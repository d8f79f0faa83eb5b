"""The first page of the operators: what goes on, each tile for those who may see what it shows."""
