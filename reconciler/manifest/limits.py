"""What no manifest needs more of. Each bounds the time and memory that a wrong or hostile file can take."""

FILE_BYTES = 4 * 1024 * 1024  # 10,000 models said in full take 2.5 MB
TOTAL_BYTES = 16 * 1024 * 1024
DEPTH = 64  # of lists and maps in each other
VALUES = 300_000  # in one file; a model said in full takes about 20
ALIASED_VALUES = 50_000  # that the aliases of one file stand for
PROBLEMS = 100  # told of one kind; nobody reads on
