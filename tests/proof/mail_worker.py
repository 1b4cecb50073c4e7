"""`crm worker` in a hurry, for the proof: retries, leases and sweeps take seconds.

Run as a program, in the environment of the worker.
"""

from datetime import timedelta

from crm.app import create_app
from crm.mail import claiming, delivery, schedule, worker

schedule.PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 1, 1, 2, 2) * 10)
claiming.LEASE = 10
delivery.WRITE_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
worker.SWEEP = worker.LOOK = 1.0

if __name__ == "__main__":
    worker.run(create_app())
