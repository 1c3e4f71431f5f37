"""``python tests/calibration``: simulated comparisons with known truth, as markdown."""

from calibrating import main

if __name__ == "__main__":
    main()
