"""The first question: what is conserved, and is that all?"""
