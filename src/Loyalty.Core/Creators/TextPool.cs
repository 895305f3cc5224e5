using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>Texts that repeat, kept once as UTF-8 and known by dense numbers; strings are made of those that are asked for.</summary>
internal sealed class TextPool
{
    private readonly TextHeap _heap = new();
    private HashSlots _index = new(1_024);
    private (long Position, int Length)[] _places = new (long, int)[1_024];
    private string?[] _strings = new string?[1_024];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int number] => _heap.From(_places[number].Position)[.._places[number].Length];

    /// <summary>The text as a string; the same instance each time.</summary>
    public string Text(int number) => _strings[number] ??= Encoding.UTF8.GetString(this[number]);

    /// <summary>The number of a text, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Find(ReadOnlySpan<byte> text) => Find(text, HashSlots.Hash(text));

    /// <summary>The number of a text; a new one when it was not there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int GetOrAdd(ReadOnlySpan<byte> text)
    {
        var hash = HashSlots.Hash(text);
        var number = Find(text, hash);
        if (number >= 0)
        {
            return number;
        }

        number = Count++;
        if (number == _places.Length)
        {
            Array.Resize(ref _places, number * 2);
            Array.Resize(ref _strings, number * 2);
        }

        _places[number] = (_heap.Append(text), text.Length);
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
