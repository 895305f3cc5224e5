using System.Text;

namespace Loyalty.Postgres.Members;

/// <summary>Handles and their dense numbers, in the order in which they came.</summary>
internal sealed class HandleNumbers
{
    private readonly Dictionary<byte[], int> _numbers = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    private readonly List<byte[]> _handles = [];

    public HandleNumbers() => _bySpan = _numbers.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _handles.Count;

    public int GetOrAdd(ReadOnlySpan<byte> handle)
    {
        if (!_bySpan.TryGetValue(handle, out var number))
        {
            var key = handle.ToArray();
            number = _handles.Count;
            _numbers.Add(key, number);
            _handles.Add(key);
        }

        return number;
    }

    public string Text(int number) => Encoding.UTF8.GetString(_handles[number]);

    /// <summary>The numbers in order of the handles' bytes.</summary>
    public int[] InOrder()
    {
        var (handles, numbers) = (_handles.ToArray(), new int[_handles.Count]);
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = i;
        }

        Array.Sort(handles, numbers, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        return numbers;
    }

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static Utf8Comparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
