using Loyalty.Creators;
using Loyalty.Host.Output;
using Loyalty.Ingest;
using Loyalty.Ingest.Creators;

namespace Loyalty.Host.Import;

/// <summary>Reads the files of an import, as many at once as there are cores; rejected rows and unused cells go to their logs.</summary>
internal sealed class ImportInput : IDisposable
{
    private readonly ImportOptions _options;
    private readonly CreatorFileOptions _read;
    private readonly RejectLog _rejects;
    private readonly RejectLog _unused;
    private readonly Lock _gate = new();
    private readonly long[] _bytesRead;

    public ImportInput(ImportOptions options, CreatorFileOptions read, string folder)
    {
        _options = options;
        _rejects = new RejectLog(folder, options.SafeCsv);
        _unused = new RejectLog(folder, options.SafeCsv, "unused");
        _read = read with { OnUnusedCell = AddUnused };
        _bytesRead = new long[options.Sources.Count];
    }

    /// <summary>What the files say, in the order in which they were given.</summary>
    public IReadOnlyList<SourceStatements> Files { get; private set; } = [];

    public long RowsRejected => Files.Sum(static f => f.RowsRejected);

    public async Task ReadAsync(HostConsole console, CancellationToken cancellation)
    {
        var sources = _options.Sources;
        var length = sources.Sum(static s => new FileInfo(s.Path).Length);
        var files = new SourceStatements[sources.Count];

        // Rows of files of one name go to one part of the log, in order of lines; such files are read one after the other.
        var groups = Enumerable.Range(0, sources.Count).GroupBy(i => Path.GetFileName(sources[i].Path), StringComparer.Ordinal)
            .OrderByDescending(g => g.Sum(i => new FileInfo(sources[i].Path).Length));
        await Parallel.ForEachAsync(
            groups, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, async (group, token) =>
            {
                await Task.Yield();
                foreach (var i in group)
                {
                    files[i] = CreatorFiles.Read(
                        sources[i].Kind, sources[i].Path, _read, AddReject,
                        (done, _) =>
                        {
                            _bytesRead[i] = done;
                            console.Progress("reading", _bytesRead.Sum(), length);
                        },
                        token);
                }
            });
        Files = files;
    }

    public void WriteTo(OutputFolder output)
    {
        _rejects.WriteTo(output.Create("rejects.csv"));
        _unused.WriteTo(output.Create("unused_cells.csv"));
    }

    public void Dispose()
    {
        _rejects.Dispose();
        _unused.Dispose();
    }

    private void AddReject(in Reject reject)
    {
        lock (_gate)
        {
            _rejects.Add(reject);
        }
    }

    private void AddUnused(in Reject cell)
    {
        lock (_gate)
        {
            _unused.Add(cell);
        }
    }
}
