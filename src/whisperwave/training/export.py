def export(*a): return a[-1]
