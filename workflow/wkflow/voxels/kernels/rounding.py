"""Division by powers of two, a half going to the even neighbour."""

import numpy as np

from wkflow.voxels.kernels.kernel import Voxels


def halves_to_even(remainder: Voxels, bits: int, quotient: Voxels) -> Voxels:
    """Divide small integers by 2**bits, so that `quotient` plus the result has rounded rightly.

    What lies halfway between two integers goes to the one that makes the sum even.

    Parameters
    ----------
    remainder : array of integers, not changed
        So far from the ends of its dtype that 2**bits more are no overflow.
    bits : int
        0 leaves the remainder as it is.
    quotient : array of integers, same shape and dtype
        What the result is going to be added to.

    Examples
    --------
    >>> sixes = np.full(4, 6)
    >>> halves_to_even(np.array([-2, 2, 3, 6]), 2, sixes)
    array([0, 0, 1, 2])
    """
    if bits == 0:
        return remainder
    whole: Voxels = np.right_shift(remainder, bits)
    is_odd = np.bitwise_and(np.add(whole, quotient), 1)
    nudged = np.add(np.add(remainder, 2 ** (bits - 1) - 1), is_odd)
    return np.right_shift(nudged, bits)  # type: ignore[no-any-return]  # numpy types no ufunc
