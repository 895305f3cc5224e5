using System.Text;
using CsvHelper;
using FsCheck;
using FsCheck.Fluent;
using Loyalty.Host.Output;

namespace Loyalty.Host.Tests.Output;

public sealed class CsvTableTests
{
    private static readonly string[] Pieces = ["", "a", "\"", ",", "\n", "\r", "\r\n", " ", "é", "😀", "=1", "-5", "+", "@x", "\t", "'", "\\.", "\"\"", "N/A", "0", "\u00a0"];

    /// <summary>Every cell of any table comes back as it was, whatever stands in it.</summary>
    [Fact]
    public void C16_What_is_written_is_read_back_exactly()
    {
        var cell = Gen.Elements(Pieces).ArrayOf().Select(static parts => string.Concat(parts));
        var table = from columns in Gen.Choose(2, 8)
                    from rows in cell.ArrayOf(columns).ArrayOf()
                    select (columns, rows);
        Prop.ForAll(table.ToArbitrary(), static t => Round(t.columns, t.rows)).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    private static bool Round(int columns, string[][] rows)
    {
        using var stream = new MemoryStream();
        var header = Enumerable.Range(0, columns).Select(static i => $"c{i}").ToArray();
        using (var table = new CsvTable(stream, safe: false, header))
        {
            foreach (var row in rows)
            {
                foreach (var text in row)
                {
                    table.Text(text);
                }

                table.EndRow();
            }
        }

        var bytes = stream.ToArray();
        using var reader = CsvReader.Create(bytes, CsvReaderOptions.Default with
        {
            Separator = ',', MalformedData = CsvMalformedDataHandling.Throw, FieldCountMismatch = CsvFieldCountHandling.Throw, SkipEmptyLines = false,
        });
        foreach (var row in rows)
        {
            if (!reader.Read() || reader.FieldCount != columns)
            {
                return false;
            }

            for (var i = 0; i < columns; i++)
            {
                if (!reader.GetSpan(i).SequenceEqual(Encoding.UTF8.GetBytes(row[i])))
                {
                    return false;
                }
            }
        }

        return !reader.Read() && !bytes.AsSpan().StartsWith("\uFEFF"u8);
    }
}
