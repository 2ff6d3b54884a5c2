"""What a stage costs beside time: processor, memory, and waiting for locks."""

import collections
import threading

import psutil
import psycopg2

#: Seconds between two looks.
EVERY = 0.2
#: What sessions wait for, and for whose statement; each is a lock another session holds.
WAITS = """
    SELECT LEFT(REGEXP_REPLACE(query, '\\s+', ' ', 'g'), 90) FROM pg_stat_activity
     WHERE datname = %s AND wait_event_type = 'Lock' AND pid != pg_backend_pid()
"""


class Watch(threading.Thread):
    """Looks at the server, started by this process, and at PostgreSQL while in the block.

    After it: ``cpu`` seconds of both, ``memory`` in MiB at most of the server (``now`` at the last
    look), and ``waits``, seconds that sessions waited for a lock by the statement that waited.
    """

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database = database
        self.cpu, self.memory, self.waits = 0.0, 0.0, collections.Counter()
        self.now = 0.0
        self.over = threading.Event()
        self.seen = {}

    def __enter__(self):
        with psycopg2.connect(dbname="postgres") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_read_file('postmaster.pid')")
            self.postmaster = psutil.Process(int(cursor.fetchone()[0].split()[0]))
        connection.close()
        self._look()
        self.start()
        return self

    def __exit__(self, *_error):
        self.over.set()
        self.join()
        self._look()
        self.cpu = sum(last - first for first, last in self.seen.values())

    def run(self):
        connection = psycopg2.connect(dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not self.over.wait(EVERY):
                self._look()
                cursor.execute(WAITS, [self.database])
                for (statement,) in cursor.fetchall():
                    self.waits[statement] += EVERY
        connection.close()

    def _look(self):
        """Note the processor time of each process; one that ended keeps what it had."""
        memory = 0
        server = psutil.Process().children(recursive=True)
        for process in (*server, *self.postmaster.children()):
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    key = (process.pid, process.create_time())
                    # What is new since the start has had nothing before.
                    first = times.user + times.system if not self.is_alive() else 0.0
                    self.seen.setdefault(key, [first, 0.0])[1] = times.user + times.system
                    if process in server:
                        memory += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.now = memory / 2**20
        self.memory = max(self.memory, self.now)

    def tell(self):
        """Print what was seen, the longest waits first."""
        waited = sum(self.waits.values())
        print(
            f"    {self.cpu:.1f} s of processor, {self.memory:.0f} MiB at most,"
            f" {waited:.1f} s of waiting for locks"
        )
        for statement, seconds in self.waits.most_common(3):
            print(f"      {seconds:.1f} s: {statement}")
