"""The laws of apply, each as a property over generated configs, in every hand, and generated manifests.

1 Planning twice gives the same bytes; shuffling documents or keys changes nothing    test_planning.py
2 After apply, plan is empty                                                          test_planning.py
3 What only reads never writes to the target                                          test_planning.py
4 Owned fields become what the manifest says; every other byte stays                  test_bytes.py
5 A plan against a live state that has moved is refused, names what moved             test_planning.py
6 Killed at any instruction the target is whole, and the next run converges           test_stopping.py
7 No secret byte appears in any output, log, error, plan, journal or argument         test_secrets.py
9 Unhealthy: nothing is written; not verified: everything is put back                 test_health.py
4, 5, 6, 9 also when any system call fails, or everything from it on                  test_stopping.py

Law 8 is about `import`, which does not exist yet.
"""
