using Loyalty.Host.Output;

namespace Loyalty.Host.Sync;

/// <summary>What came in from all files of a run.</summary>
internal sealed class SyncInput
{
    private readonly List<string> _notes = [];
    private readonly List<string> _unknown = [];

    public long RowsRead { get; private set; }

    public long RowsRejected { get; private set; }

    public IReadOnlyList<string> Notes => _notes;

    public IReadOnlyList<string> UnknownColumns => _unknown;

    public void Add(long read, long rejected, string file, IReadOnlyList<string> unknownColumns)
    {
        RowsRead += read;
        RowsRejected += rejected;
        _unknown.AddRange(unknownColumns);
        if (read == 0)
        {
            _notes.Add($"{file} has a header and no rows; dates are reviewed, nothing is deleted.");
        }

        if (unknownColumns.Count > 0)
        {
            _notes.Add($"{file}: not used: {string.Join(", ", unknownColumns.Select(static c => $"'{c}'"))}.");
        }

        if (rejected > 0)
        {
            _notes.Add(RejectLog.Told(file, rejected, read));
        }
    }
}
