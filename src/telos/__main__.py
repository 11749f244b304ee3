"""python -m telos: the command line."""

from telos.cli import main

if __name__ == "__main__":
    main()
