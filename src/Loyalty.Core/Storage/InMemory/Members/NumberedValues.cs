namespace Loyalty.Storage.InMemory.Members;

/// <summary>Values that many rows share, each with a number, from 0. Grows, by any thread; a value keeps its number.</summary>
internal sealed class NumberedValues<T>
    where T : class, IEquatable<T>
{
    private const int Latest = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<T, int> _numbers = [];
    private T[] _values = [];
    private int _count;

    public T this[int number] => _values[number];

    /// <summary>The number of the value that fits, of those added last: those of the program that decides now; -1 when none does.</summary>
    public int FindLatest<TSource>(in TSource source, Func<T, TSource, bool> fits)
    {
        var count = Volatile.Read(ref _count);
        var values = Volatile.Read(ref _values);
        for (var number = count - 1; number >= Math.Max(0, count - Latest); number--)
        {
            if (fits(values[number], source))
            {
                return number;
            }
        }

        return -1;
    }

    /// <summary>The number of a value, which gets one when it has none.</summary>
    public int NumberOf(T value)
    {
        lock (_lock)
        {
            if (_numbers.TryGetValue(value, out var known))
            {
                return known;
            }

            if (_count == _values.Length)
            {
                Array.Resize(ref _values, Math.Max(16, _count * 2));
            }

            _values[_count] = value;
            _numbers.Add(value, _count);
            Volatile.Write(ref _count, _count + 1);
            return _count - 1;
        }
    }
}
