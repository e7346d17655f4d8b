"""What the stores keep and the API speaks: frozen, checked, and the same words everywhere.

Python names are snake_case, wire names camelCase as in the guide (`sessionId`, `estimatedARR`).
Values cannot be changed or shared by mistake: every model is frozen, every list a tuple.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from opportune.errors import InvalidInputError

LANGUAGES = ("en", "es", "pt")
"""Of texts that people read."""

SESSION_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,35}$"
SLUG_PATTERN = r"[a-z0-9]([a-z0-9-]{0,25}[a-z0-9])?"
OPPORTUNITY_ID_PATTERN = rf"^[A-Za-z0-9][A-Za-z0-9_-]{{0,35}}\.{SLUG_PATTERN}$"
TEMPLATE_ID_PATTERN = rf"^{SLUG_PATTERN}$"
TIME_PATTERN = r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)?$"

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=100_000)]
"""Any text without NUL. Lone surrogates are refused by pydantic: no store could keep either."""

Time = Annotated[str, StringConstraints(pattern=TIME_PATTERN)]
"""UTC, ISO 8601, whole milliseconds, always 24 characters, so that text order is time order.

Empty only before a store has kept the record for the first time.
"""

SessionId = Annotated[str, StringConstraints(pattern=SESSION_ID_PATTERN)]
OpportunityId = Annotated[str, StringConstraints(pattern=OPPORTUNITY_ID_PATTERN, max_length=64)]
TemplateId = Annotated[str, StringConstraints(pattern=TEMPLATE_ID_PATTERN)]

Money = Annotated[
    Decimal,
    Field(max_digits=15, decimal_places=2, allow_inf_nan=False),
    # 15 digits survive a JSON number exactly, so the guide's `estimatedARR: number` holds.
    PlainSerializer(float, return_type=float, when_used="json"),
]
"""US dollars, to the cent; -9,999,999,999,999.99 to 9,999,999,999,999.99."""


Version = Annotated[int, Field(ge=0, lt=2**53)]
"""0 before a store has kept it, then 1, 2, 3, ... without gaps."""

Gigabytes = Annotated[float, Field(allow_inf_nan=False)]


class Status(StrEnum):
    """Where an opportunity stands. The guide's words are the wire values in every language."""

    NEW = "Nueva"
    IN_PROGRESS = "En Progreso"
    WON = "Ganada"
    LOST = "Perdida"
    DISCARDED = "Descartada"


class Priority(StrEnum):
    """How soon a seller should act."""

    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


PRIORITY_RANK = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


class Model(BaseModel):
    """Frozen, camelCase on the wire, nothing unknown accepted."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    @classmethod
    def checked(cls, **fields: Any) -> Self:
        """Make one of values that a caller gave.

        Raises:
            InvalidInputError: One is not acceptable; the message names its field.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"]) or cls.__name__
            raise InvalidInputError(f"{place}: {problem['msg']}.") from None

    def revised(self, **changes: Any) -> Self:
        """Return a copy with these fields changed, checked like a new one."""
        return self.checked(**(dict(self) | changes))


class Evidence(Model):
    """A fact that an opportunity rests on, and where to find it again."""

    file: Text
    """Name of the customer's file."""
    location: Text
    """`Servers!L2`, `Servers!F2:F201`, `row 17` (CSV) or `page 26` (PDF)."""
    text: Text
    """The fact in one sentence, in the session's language."""


class EstimateInput(Model):
    """One figure that went into an estimate."""

    name: Text
    value: Text
    unit: Text = ""
    source: Text
    """A place in a customer's file, or a row of the price book with its date."""


class Estimate(Model):
    """How an ARR came about; the per-server tree is recomputed on demand (`opportune explain`)."""

    basis: Text
    """`on-demand`, or `none` for a play that carries no ARR."""
    price_book: Text
    """Version of the price book."""
    region: Text
    formula: Text
    inputs: tuple[EstimateInput, ...] = ()
    low: Money
    expected: Money
    """Equals the opportunity's estimatedARR."""
    high: Money
    digest: Text
    """SHA-256 of the calculation tree: equal digest, equal calculation."""


class Opportunity(Model):
    """One sales opportunity, at one version of it (a *revision*).

    `version` is 0 before it is stored, then 1, 2, 3, ... without gaps. A store stamps `version`,
    `created_at`, `updated_at`, `ttl` and the digests; everything else is the caller's.
    """

    id: OpportunityId
    session_id: SessionId
    title: Text
    category: Text
    priority: Priority
    estimated_arr: Money = Field(alias="estimatedARR")
    """USD a year that the customer will pay AWS; negative for a play that reduces spend."""
    reasoning: Text = ""
    evidence: tuple[Evidence, ...] = ()
    talking_points: tuple[Text, ...] = ()
    next_steps: tuple[Text, ...] = ()
    related_services: tuple[Text, ...] = ()
    status: Status = Status.NEW
    template_id: Text = ""
    """Id of the play or template that it came from; empty if made by hand."""
    customer: Text = ""
    owner: Text = ""
    close_date: date | None = None
    loss_reason: Text = ""
    estimate: Estimate | None = None
    language: Text = "en"
    reworded_by: Text = ""
    """The language model that chose the words of the texts; empty = the rules' own words."""
    keep: bool = False
    """Never expires."""
    deleted: bool = False
    """This revision is a delete; reads of the newest state do not see it."""
    merged_into: Text = ""
    """Id of the opportunity that this one was a duplicate of; such a one is deleted."""
    created_at: Time = ""
    updated_at: Time = ""
    updated_by: Text = ""
    change_id: Text = ""
    """Names the change that made this revision: a repeated write recognises itself by it."""
    change_note: Text = ""
    """Why it was changed, in the words of who did."""
    version: Version = 0
    ttl: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    """Epoch seconds after which it is gone; None = never."""
    previous_digest: Text = ""
    """Digest of the revision before; empty in the first one."""
    digest: Text = ""
    """SHA-256 of this revision, the digest before it included: a chain that shows any edit."""

    @model_validator(mode="after")
    def _id_carries_session(self) -> Self:
        if session_of(self.id) != self.session_id:
            msg = f"id {self.id!r} does not begin with its session id {self.session_id!r}"
            raise ValueError(msg)
        return self


class Basis(StrEnum):
    """What the customer is expected to pay for compute. Each is one price; none adds to another."""

    ON_DEMAND = "on-demand"
    COMPUTE_SP = "compute-sp"
    """3-year Compute Savings Plan, no upfront."""
    INSTANCE_SP = "instance-sp"
    """3-year EC2 Instance Savings Plan, no upfront."""


class ColumnMapping(Model):
    """A column of the customer's files that the user says the meaning of."""

    column: Text
    """Its header, as it stands in the file."""
    field: Text
    """Our name of the field: `ram_gb`."""


class SourceFile(Model):
    """A customer's file that a session was made from."""

    name: Text
    kind: Text
    """`mpa-workbook`, `mra-report`, ..."""
    sha256: Text
    size_bytes: Annotated[int, Field(ge=0, lt=2**63)]


class InventoryTotals(Model):
    """What the inventory adds up to. Templates and placeholders count only in `templates`."""

    servers: int = 0
    templates: int = 0
    powered_on: int = 0
    sockets: int = 0
    cores: int = 0
    threads: int = 0
    ram_gb: Gigabytes = 0
    disk_gb: Gigabytes = 0
    databases: int = 0
    database_gb: Gigabytes = 0
    applications: int = 0


class QualityNote(Model):
    """Something in the files that a seller must know before trusting a figure."""

    code: Text
    """Constant, kebab-case: `unit-decided`, `orphan-reference`, `constant-utilisation`, ..."""
    message: Text
    source: Text
    """File and place."""
    effect_arr: Money | None = Field(default=None, alias="effectARR")
    """What it does to the portfolio, in US dollars a year: the sum at stake, or the difference that
    the other reading would make; None if it has none or none can be told."""


class Session(Model):
    """One analysis of one customer's files: the header of a list of opportunities.

    `version` rises when the list is replaced, or an opportunity is created or restored in it; a
    change or delete of a single one leaves it. A header does not expire: it goes when the session
    is deleted.
    """

    id: SessionId
    customer: Text = ""
    language: Text = "en"
    files: tuple[SourceFile, ...] = ()
    totals: InventoryTotals = InventoryTotals()
    quality: tuple[QualityNote, ...] = ()
    price_book: Text = ""
    """Version of the price book that the opportunities were computed with."""
    basis: Basis = Basis.ON_DEMAND
    run_date: Text = ""
    """The day that vendors' support was judged on, ISO 8601."""
    mapping: tuple[ColumnMapping, ...] = ()
    """Columns whose meaning the user gave."""
    templates: tuple["TemplateUse", ...] = ()
    """Templates of users that took part: it is recomputed with these, whatever became of them."""
    deleted: bool = False
    created_at: Time = ""
    updated_at: Time = ""
    updated_by: Text = ""
    change_id: Text = ""
    version: Version = 0


class TemplateUse(Model):
    """A revision of a template."""

    template_id: TemplateId
    version: Version


class TemplateLine(Model):
    """A sentence with placeholders; said only if the value that `when` names is not empty or 0."""

    text: Text
    when: Text = ""


class TemplateTexts(Model):
    """A template's texts in one language; `priority` says why an opportunity has its priority."""

    language: Text
    title: Text
    reasoning: tuple[TemplateLine, ...] = ()
    priority: Text = ""
    talking_points: tuple[TemplateLine, ...] = ()
    next_steps: tuple[TemplateLine, ...] = ()


class TemplateParameter(Model):
    """A parameter of a rule where it is not the built-in play's."""

    rule: Text
    """`trigger` or `priority`."""
    name: Text
    """Of the parameter; `rule` of the priority: which rule decides it."""
    value: Text
    """JSON."""


class Template(Model):
    """A user's version of a built-in play, a play of the user's own, or a text without a rule."""

    template_id: TemplateId
    """That of a built-in play: the user's version of it."""
    title: Text
    """In `language`, the first one of `texts`."""
    play: Text = ""
    """The built-in play whose rules it uses; empty: none, for opportunities by hand only."""
    enabled: bool = True
    """False: no analysis uses it."""
    parameters: tuple[TemplateParameter, ...] = ()
    texts: tuple[TemplateTexts, ...] = ()
    """One for each language; empty: `title`, `reasoning`, ... below are all there is."""
    category: Text = ""
    priority: Priority = Priority.MEDIUM
    reasoning: Text = ""
    talking_points: tuple[Text, ...] = ()
    next_steps: tuple[Text, ...] = ()
    related_services: tuple[Text, ...] = ()
    language: Text = "en"
    deleted: bool = False
    created_at: Time = ""
    updated_at: Time = ""
    updated_by: Text = ""
    change_id: Text = ""
    version: Version = 0


Record = Session | Opportunity | Template
"""What `scan` yields and `replicate` takes: a header, or one revision."""

T = TypeVar("T")
R = TypeVar("R", Opportunity, Session, Template)


class Page(Model, Generic[T]):
    """Some rows of a longer answer.

    `cursor` is None on the last page; given back unchanged, with the same filters, it continues.
    """

    items: tuple[T, ...]
    cursor: str | None = None


def session_of(opportunity_id: str) -> str:
    """Return the session id that an opportunity id carries."""
    return opportunity_id.partition(".")[0]
