using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>Texts that repeat, kept once as UTF-8 and known by dense numbers; strings are made of those that are asked for.</summary>
internal sealed class TextPool
{
    private const int LengthBits = 26;
    private const int MaxLength = (1 << LengthBits) - 1;

    private readonly TextHeap _heap = new();
    private HashSlots _index = new(1_024);

    // Where each text stands: its position above its length. A text is a part of a record, whose length is bounded.
    private ulong[] _places = new ulong[1_024];

    // Of most pools no string is ever asked for.
    private string?[] _strings = [];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int number] => _heap.From((long)(_places[number] >> LengthBits))[..(int)(_places[number] & MaxLength)];

    /// <summary>The text as a string; the same instance each time.</summary>
    public string Text(int number)
    {
        if (number >= _strings.Length)
        {
            Array.Resize(ref _strings, _places.Length);
        }

        return _strings[number] ??= Encoding.UTF8.GetString(this[number]);
    }

    /// <summary>Adds all texts to a digest.</summary>
    public void AddTo(DigestWriter digest)
    {
        digest.Add(Count);
        for (var number = 0; number < Count; number++)
        {
            digest.Add(this[number]);
        }
    }

    /// <summary>The number of a text, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Find(ReadOnlySpan<byte> text) => Find(text, HashSlots.Hash(text));

    /// <summary>The number of a text; a new one when it was not there.</summary>
    /// <exception cref="ArgumentException">The text is longer than 64 MiB.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int GetOrAdd(ReadOnlySpan<byte> text)
    {
        var hash = HashSlots.Hash(text);
        var number = Find(text, hash);
        if (number >= 0)
        {
            return number;
        }

        if (text.Length > MaxLength)
        {
            throw new ArgumentException("The text is too long.", nameof(text));
        }

        number = Count++;
        if (number == _places.Length)
        {
            Array.Resize(ref _places, number * 2);
        }

        _places[number] = ((ulong)_heap.Append(text) << LengthBits) | (uint)text.Length;
        _index.Add(hash, number);
        return number;
    }

    private int Find(ReadOnlySpan<byte> text, uint hash)
    {
        for (var slot = _index.Start(hash); ;)
        {
            var number = _index.Next(ref slot, hash);
            if (number < 0 || this[number].SequenceEqual(text))
            {
                return number;
            }
        }
    }
}
