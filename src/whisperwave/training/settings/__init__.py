"""What a run is told: frozen values, checked once, that Hydra composes from ``conf/``.

Which of them may have changed when a run goes on is said here, too (`changes`).
"""
