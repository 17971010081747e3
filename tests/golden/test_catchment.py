"""The two-step floating catchment against PySAL `access` 1.1.10 (`two_stage_fca`, `normalize=False`)."""

import numpy as np
import pytest

from ossu_analysis.capacity.access import two_step_catchment

WAY = np.array(
    [[0, 12, 25, 41, 18], [12, 0, 33, 29, 9], [25, 33, 0, 16, 30], [41, 29, 16, 0, 22], [18, 9, 30, 22, 0]], float
)
PLACES = np.array([40.0, 0, 15, 8, 120])
PERSONS = np.array([5200.0, 910, 3300, 12750, 480])
PYSAL = {
    10: [0.00769231, 0.08633094, 0.00454545, 0.00062745, 0.08633094],
    20: [0.02427921, 0.02427921, 0.00143302, 0.00143302, 0.02427921],
    30: [0.01003513, 0.00980356, 0.01049385, 0.00644936, 0.01049385],
}


@pytest.mark.parametrize("reach", PYSAL)
def test_the_catchment_is_that_of_pysal(reach):
    np.testing.assert_allclose(two_step_catchment(WAY, PLACES, PERSONS, reach), PYSAL[reach], atol=5e-9)
