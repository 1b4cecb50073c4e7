"""A long job rests while others want the processor, and only then."""

from importlib import import_module
from pathlib import Path

import pytest

from crm.core import pacing
from crm.core.pacing import Pace


class Machine:
    """A processor, with the seconds that the job ran, waited for it and rested."""

    def __init__(self) -> None:
        self.ran = self.waited = self.rested = 0.0

    def work(self, pace: Pace, ran: float, waited: float = 0) -> float:
        """Let the job run; how long it rests then."""
        before = self.rested
        self.ran += ran
        self.waited += waited
        pace.rest()
        return self.rested - before

    def sleep(self, seconds: float) -> None:
        self.rested += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(pacing, "thread_time", lambda: made.ran)
    monkeypatch.setattr(pacing, "_waited", lambda: made.waited)
    monkeypatch.setattr(pacing, "sleep", made.sleep)
    return made


def test_a_job_that_is_alone_does_not_rest(machine: Machine) -> None:
    pace = Pace()
    assert [machine.work(pace, 0.1) for _ in range(5)] == [0] * 5


def test_a_job_that_has_to_wait_rests_for_longer_than_it_waited(machine: Machine) -> None:
    pace = Pace()
    assert machine.work(pace, 0.1, waited=0.01) == pytest.approx(0.1)
    assert machine.work(pace, 0.1) == 0


def test_a_job_on_a_crowded_machine_still_gets_on(machine: Machine) -> None:
    assert machine.work(Pace(), 0.1, waited=5) == pytest.approx(0.8)


def test_what_was_waited_in_short_pieces_of_work_adds_up(machine: Machine) -> None:
    pace = Pace()
    rests = [machine.work(pace, 0.02, waited=0.002) for _ in range(3)]
    assert rests == [0, 0, pytest.approx(0.06)]


def test_a_system_that_does_not_tell_knows_no_waiting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pacing, "PRESSURE", tmp_path / "none")
    assert pacing._waited() == 0
    monkeypatch.undo()
    assert pacing._waited() >= 0


def test_loading_modules_rests_as_well(machine: Machine) -> None:
    machine.ran = 1.0
    with pacing.paced_imports():
        machine.ran, machine.waited = 1.5, 0.1
        with pytest.raises(ImportError):
            import_module("a_module_that_is_nowhere")
    assert machine.rested == pytest.approx(1.0)
    machine.ran, machine.waited = 2.5, 1.1
    with pytest.raises(ImportError):
        import_module("a_module_that_is_nowhere")
    assert machine.rested == pytest.approx(1.0)
