"""Every claim that the repository makes, one file a paper; `telos verify` checks them again."""

from itertools import chain

from telos.studies.claims import (
    benson_tilsen_soares_2016,
    carey_2018,
    closed_forms,
    displacement,
    everitt_2016,
    everitt_2021,
    hadfield_menell_2017,
    krakovna_kramar_2023,
    leike_2017,
    orseau_armstrong_2016,
    regan_boutilier_2009,
    soares_2015,
    taylor_2016,
    turner_2020,
    turner_2020_nonobstruction,
    turner_2021,
    turner_tadepalli_2022,
)
from telos.studies.claims.claim import Checked as Checked
from telos.studies.claims.claim import Claim as Claim
from telos.studies.claims.claim import ClaimStatus as ClaimStatus
from telos.studies.claims.claim import Expected as Expected
from telos.studies.claims.claim import Measured as Measured
from telos.studies.claims.claim import Paper as Paper
from telos.studies.claims.claim import verify as verify

#: To add a paper, write its file, and list it here.
_FILES = (
    benson_tilsen_soares_2016,
    carey_2018,
    everitt_2016,
    everitt_2021,
    hadfield_menell_2017,
    krakovna_kramar_2023,
    leike_2017,
    orseau_armstrong_2016,
    regan_boutilier_2009,
    soares_2015,
    taylor_2016,
    turner_2020,
    turner_2020_nonobstruction,
    turner_2021,
    turner_tadepalli_2022,
    closed_forms,
    displacement,
)

#: By paper, in alphabetical order; this project's own last.
CLAIMS: tuple[Claim, ...] = tuple(
    sorted(
        chain.from_iterable(file.CLAIMS for file in _FILES),
        key=lambda claim: (claim.group.startswith("Telos"), claim.group),
    )
)
