"""One cell of the grid of rights. Source: spec 1.3."""

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Role
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from crm.core.actor import Scope
from crm.core.models import field


class RoleCell(Model):
    """The scope, as the value of a `Scope`, in which `role` may do `action` to `entity`.

    Not a `Child`: the journal could not name the cell that changed.
    """

    __tablename__ = "role_cell"
    __table_args__ = (UniqueConstraint("role_id", "entity", "action"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("ab_role.id", ondelete="CASCADE"))
    entity: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(10))
    scope: Mapped[int] = field(
        _l("Scope"),
        default=0,
        server_default="0",
        nullable=False,
        minimum=0,
        maximum=int(Scope.ALL),
    )

    role: Mapped[Role] = relationship(
        Role, backref=backref("cells", cascade="all, delete-orphan", passive_deletes=True)
    )
