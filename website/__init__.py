"""Website: the documentation as one folder of pages that opens from a file, made by `make docs`."""
