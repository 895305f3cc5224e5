using System.IO.Compression;

namespace Loyalty.Identity.Phones;

/// <summary>The numbering plans of the world, read from the embedded table when the first number is; a calling code is made ready when its first number is.</summary>
/// <remarks>The table and its columns are described in <c>tools/phone-table/NumberingPlanTable.cs</c>, which writes it.</remarks>
internal sealed class NumberingPlan
{
    private const string Resource = "Loyalty.Identity.phones.table";
    private const int MaxTable = 128 * 1024;

    private readonly byte[] _table;
    private readonly int[] _rows;
    private readonly ushort[] _rowOfLetters = new ushort[26 * 26];
    private readonly ushort[] _firstRow = new ushort[1000];
    private readonly CallingCode?[] _codes = new CallingCode?[1000];

    private NumberingPlan(byte[] table)
    {
        _table = table;
        _rows = new int[512];
        var start = 0;
        while (start < table.Length)
        {
            var row = table.AsSpan(start);
            var tab = row.IndexOf((byte)'\t');
            var code = ParseCode(row[(tab + 1)..]);
            _rows[Count++] = start;
            if (tab == 2)
            {
                _rowOfLetters[(row[0] - 'A') * 26 + row[1] - 'A'] = (ushort)Count;
            }

            if (_firstRow[code] == 0)
            {
                _firstRow[code] = (ushort)Count;
            }

            start += row.IndexOf((byte)'\n') + 1;
        }

        _rows[Count] = start;
    }

    /// <summary>The one plan.</summary>
    public static NumberingPlan World => Holder.Plan;

    /// <summary>How many regions there are, non-geographic codes included.</summary>
    public int Count { get; }

    /// <summary>The calling code and its regions, or null when no region has the code.</summary>
    public CallingCode? Find(int code)
    {
        if ((uint)code >= 1000 || _firstRow[code] == 0)
        {
            return null;
        }

        return _codes[code] ?? MakeReady(code);
    }

    /// <summary>The region of two upper-case ASCII letters, as an index that is valid for <see cref="RegionAt"/>; -1 when there is none.</summary>
    public int IndexOf(int first, int second) =>
        (uint)(first - 'A') < 26 && (uint)(second - 'A') < 26 ? _rowOfLetters[(first - 'A') * 26 + second - 'A'] - 1 : -1;

    /// <summary>The region at an index.</summary>
    public PlanRegion RegionAt(int index)
    {
        var row = Row(index);
        var code = ParseCode(row[(row.IndexOf((byte)'\t') + 1)..]);
        return Find(code)!.Regions[index + 1 - _firstRow[code]];
    }

    /// <summary>The name of the region at an index, without making its code ready.</summary>
    public string NameAt(int index)
    {
        var row = Row(index);
        return System.Text.Encoding.ASCII.GetString(row[..row.IndexOf((byte)'\t')]);
    }

    private CallingCode MakeReady(int code)
    {
        var first = _firstRow[code] - 1;
        var last = first;
        while (last + 1 < Count && CodeAt(last + 1) == code)
        {
            last++;
        }

        var regions = new PlanRegion[last - first + 1];
        for (var i = 0; i < regions.Length; i++)
        {
            regions[i] = new PlanRegion(Row(first + i), first + i, code, i);
        }

        var made = new CallingCode(code, regions);
        return Interlocked.CompareExchange(ref _codes[code], made, null) ?? made;
    }

    private ReadOnlySpan<byte> Row(int index) => _table.AsSpan(_rows[index], _rows[index + 1] - _rows[index] - 1);

    private int CodeAt(int index)
    {
        var row = Row(index);
        return ParseCode(row[(row.IndexOf((byte)'\t') + 1)..]);
    }

    private static int ParseCode(ReadOnlySpan<byte> cell)
    {
        var code = 0;
        foreach (var b in cell)
        {
            if (b == (byte)'\t')
            {
                break;
            }

            code = code * 10 + b - '0';
        }

        return code;
    }

    private static unsafe byte[] Load()
    {
        using var stream = (UnmanagedMemoryStream)(typeof(NumberingPlan).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is missing from the assembly."));
        var table = new byte[MaxTable];
        return BrotliDecoder.TryDecompress(new ReadOnlySpan<byte>(stream.PositionPointer, (int)stream.Length), table, out var written)
            ? table[..written]
            : throw new InvalidOperationException($"The resource {Resource} is damaged.");
    }

    private static class Holder
    {
        public static readonly NumberingPlan Plan = new(Load());
    }
}
