using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>
/// Counts in how many rows each text is said of each subject, by kind, and where first: one entry of 28 bytes for each text, no object.
/// </summary>
internal sealed class StatementTable
{
    private HashSlots _index = new(1_024);
    private Entry[] _entries = new Entry[1_024];
    private int[] _first = new int[1_024];
    private int _count;

    public StatementTable() => _first.AsSpan().Fill(-1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int subject, int kind, int text, long line)
    {
        var key = new Key(subject, kind, text);
        var hash = HashSlots.Hash(MemoryMarshal.AsBytes(new ReadOnlySpan<Key>(in key)));
        for (var slot = _index.Start(hash); ;)
        {
            var at = _index.Next(ref slot, hash);
            if (at < 0)
            {
                break;
            }

            ref var known = ref _entries[at];
            if (known.Key == key)
            {
                known.Rows++;
                known.Line = Math.Min(known.Line, line);
                return;
            }
        }

        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
        }

        if (subject >= _first.Length)
        {
            var before = _first.Length;
            Array.Resize(ref _first, Math.Max(before * 2, subject + 1));
            _first.AsSpan(before).Fill(-1);
        }

        _entries[_count] = new Entry { Key = key, Rows = 1, Line = line, Next = _first[subject] };
        _index.Add(hash, _count);
        _first[subject] = _count++;
    }

    /// <summary>The first entry of a subject, or -1.</summary>
    public int First(int subject) => subject < _first.Length ? _first[subject] : -1;

    /// <summary>The entry after another one of the same subject, or -1.</summary>
    public int Next(int entry) => _entries[entry].Next;

    public int Kind(int entry) => _entries[entry].Key.Kind;

    public int Text(int entry) => _entries[entry].Key.Text;

    public int Rows(int entry) => _entries[entry].Rows;

    public long Line(int entry) => _entries[entry].Line;

    /// <summary>The text of a kind that stands in most rows, among equals the ordinally smallest; -1 when there is none.</summary>
    public int Best(int subject, int kind, TextPool texts)
    {
        var best = -1;
        for (var at = First(subject); at >= 0; at = Next(at))
        {
            if (Kind(at) == kind && (best < 0 || Rows(at) > Rows(best)
                || (Rows(at) == Rows(best) && texts[Text(at)].SequenceCompareTo(texts[Text(best)]) < 0)))
            {
                best = at;
            }
        }

        return best < 0 ? -1 : Text(best);
    }

    /// <summary>Adds all entries to a digest.</summary>
    public void AddTo(DigestWriter digest) => digest.Add(MemoryMarshal.AsBytes(_entries.AsSpan(0, _count)));

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Key(int Subject, int Kind, int Text);

    // Without room between the fields, which nobody fills.
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Entry
    {
        public Key Key;
        public int Rows;
        public long Line;
        public int Next;
    }
}
