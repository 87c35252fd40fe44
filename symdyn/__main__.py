"""`python -m symdyn` is the command line."""

from symdyn.cli import main

if __name__ == "__main__":
    main()
