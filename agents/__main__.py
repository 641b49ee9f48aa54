"""`python -m agents`: a worker."""

from agents.worker import main

# Worker processes are spawned and import this module again.
if __name__ == "__main__":
    main()
