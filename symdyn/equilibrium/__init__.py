"""The second question: where does it come to rest, and is that rest stable?"""
