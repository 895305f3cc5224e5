using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;
using Loyalty.Ingest;
using Loyalty.Memory;

namespace Loyalty.Host.Output;

/// <summary>
/// Collects rejected rows on disk as they come, one part for each input file, and writes them in order of file name and line.
/// </summary>
internal sealed class RejectLog : IDisposable
{
    private readonly string _folder;
    private readonly bool _safe;
    private readonly string _name;
    private readonly SortedDictionary<string, (string Path, CsvTable Table)> _parts = new(CodePointOrder.Instance);

    /// <summary>A log whose parts stand in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="safe">Whether text that a spreadsheet would run is neutralised.</param>
    /// <param name="name">What the parts are named after; another one for each log in a folder.</param>
    public RejectLog(string folder, bool safe, string name = "rejects")
    {
        _folder = folder;
        _safe = safe;
        _name = name;
    }

    private static ReadOnlySpan<string> Header => (string[])["file", "line", "column", "reason", "value", "raw"];

    /// <summary>What is told of the rejected rows of a file.</summary>
    public static string Told(string file, long rejected, long read) =>
        string.Create(CultureInfo.InvariantCulture, $"{file}: {rejected} of {read} rows rejected; rejects.csv lists each with line, column and reason.");

    /// <summary>Takes a rejected row; those of one file come in order of lines.</summary>
    public void Add(in Reject reject)
    {
        if (!_parts.TryGetValue(reject.File, out var part))
        {
            var path = Path.Combine(_folder, $".{_name}.{_parts.Count}{OutputFolder.Ending}");
            PathsInUse.ThrowIfUsed(path);
            Unfinished.Add(path);
            part = (path, new CsvTable(new ResultFile(path), _safe, Header));
            _parts.Add(reject.File, part);
        }

        var table = part.Table.Text(reject.File).Number(reject.Line).Text(reject.Column).Text(reject.Reason);
        Write(table, reject.Value);
        Write(table, reject.Raw);
        table.EndRow();
    }

    /// <summary>Writes all rejected rows.</summary>
    public void WriteTo(Stream destination)
    {
        var first = true;
        foreach (var (path, table) in _parts.Values)
        {
            table.Dispose();
            using var part = File.OpenRead(path);
            if (!first)
            {
                SkipLine(part);
            }

            part.CopyTo(destination);
            first = false;
        }

        if (first)
        {
            using var header = new CsvTable(destination, _safe, Header);
        }
        else
        {
            destination.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var (path, table) in _parts.Values)
        {
            try
            {
                table.Dispose();
            }
            catch (IOException)
            {
                // What is given up need not be written to its end; the first fault is the one to tell.
            }

            File.Delete(path);
        }

        _parts.Clear();
    }

    private static void SkipLine(FileStream stream)
    {
        while (stream.ReadByte() is not ('\n' or -1))
        {
        }
    }

    /// <summary>
    /// The file is UTF-8: bytes that are none stand as <c>\xE9</c>, so that nothing is lost and nothing is replaced. For spreadsheets NUL
    /// stands as <c>\x00</c>, because they skip it and run what follows.
    /// </summary>
    private void Write(CsvTable table, ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text) && !(_safe && text.Contains((byte)0)))
        {
            table.Text(text);
            return;
        }

        var escaped = new List<byte>(text.Length + 16);
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var length) == System.Buffers.OperationStatus.Done && !(_safe && rune.Value == 0))
            {
                escaped.AddRange(text[..length]);
            }
            else
            {
                length = 1;
                escaped.AddRange(Encoding.ASCII.GetBytes($"\\x{text[0]:X2}"));
            }

            text = text[length..];
        }

        table.Text(escaped.ToArray());
    }
}
