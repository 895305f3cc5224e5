using System.Runtime.InteropServices;

namespace Loyalty.Ingest.Orders;

/// <summary>
/// Tells the records of overlapping files apart from records that stand several times in one: each counts as often as in the file that has it
/// most often.
/// </summary>
internal sealed class RepeatedRecords
{
    private readonly List<UInt128> _first = [];
    private readonly Dictionary<UInt128, Seen> _seen = [];
    private int _firstFile = -1;

    /// <summary>Whether an earlier file has the record as often as this file has it so far.</summary>
    /// <param name="fingerprint">The record.</param>
    /// <param name="file">The file; files come one after the other.</param>
    public bool IsRepeated(UInt128 fingerprint, int file)
    {
        _firstFile = _firstFile < 0 ? file : _firstFile;
        if (file == _firstFile)
        {
            // Mostly there is no other file, and then nothing is looked up.
            _first.Add(fingerprint);
            return false;
        }

        foreach (var earlier in _first)
        {
            Note(earlier, _firstFile);
        }

        _first.Clear();
        return Note(fingerprint, file);
    }

    private bool Note(UInt128 fingerprint, int file)
    {
        ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_seen, fingerprint, out _);
        seen = seen.File == file ? seen with { Count = seen.Count + 1 } : seen with { File = file, Count = 1 };
        if (seen.Count <= seen.Most)
        {
            return true;
        }

        seen = seen with { Most = seen.Count };
        return false;
    }

    private readonly record struct Seen(int File, int Count, int Most);
}
