"""Reading what strangers wrote, in a process of its own that knows nothing: no Django, no secrets, no other files.

``files.reader`` starts it (``python -m files.parsing``), gives it one file as its standard input, and kills it when it
takes too long. It imports nothing of ours but this package.
"""
