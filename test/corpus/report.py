"""Passed and failed facts, counted across threads, printed as they come."""
import collections
import threading
import time


class Report:
    def __init__(self):
        self.passed = self.failed = 0
        self.tally = collections.Counter()
        self.lock = threading.Lock()
        self.started = time.time()

    def ok(self, n=1):
        with self.lock:
            self.passed += n

    def fail(self, what, detail=""):
        with self.lock:
            self.failed += 1
            if self.failed <= 200:
                print(f"FAIL {what}: {str(detail)[:1500]}", flush=True)

    def check(self, good, what, detail=""):
        """Count one fact; returns whether it holds."""
        if good:
            self.ok()
        else:
            self.fail(what, detail() if callable(detail) else detail)
        return bool(good)

    def same(self, want, got, what):
        return self.check(want == got, what, lambda: f"expected {want!r}, got {got!r}")

    def say(self, text):
        with self.lock:
            print(f"[{time.time() - self.started:4.0f} s] {text}", flush=True)
