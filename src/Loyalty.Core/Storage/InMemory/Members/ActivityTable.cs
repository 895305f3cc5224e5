using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Loyalty.Activities;
using Loyalty.Memory;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>
/// An activity as it is kept: 48 bytes side by side, because a member's activities stand far apart and each costs one look at memory so.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ActivityRow
{
    public long Sales;
    public long Views;

    /// <summary>Where its texts stand, or the complement of its key where that is a number and no texts are kept.</summary>
    public long Text;
    public int Member;
    public int Day;
    public int Units;
    public int Likes;
    public int Comments;

    /// <summary>The next activity of the same member, or -1.</summary>
    public int Next;

    public readonly ActivityTotals Totals => new(Sales, Units, 1, Views, Likes, Comments);

    /// <summary>Whether date and numbers are the same.</summary>
    public readonly bool HasNumbersOf(in ActivityRow other) =>
        Day == other.Day && Sales == other.Sales && Units == other.Units && Views == other.Views && Likes == other.Likes
        && Comments == other.Comments;
}

/// <summary>Activities in the order in which they came, found by key, chained by member.</summary>
/// <param name="keepsTexts">Whether all texts of an activity are kept, or its key alone.</param>
internal sealed class ActivityTable(bool keepsTexts = true)
{
    /// <summary>The most digits of a key that is kept as a number.</summary>
    private const int MostDigits = 19;

    private readonly TextHeap _heap = new();
    private HashSlots _index = new(64);
    private ActivityRow[] _rows = new ActivityRow[64];

    public int Count { get; private set; }

    public Span<ActivityRow> Rows => _rows.AsSpan(0, Count);

    /// <summary>Whether texts other than keys are kept.</summary>
    public bool KeepsTexts => keepsTexts;

    /// <summary>Asks for the place of a key in the index.</summary>
    public void Prefetch(uint hash) => _index.Prefetch(hash);

    /// <summary>The row with the key of a row of another table, which keeps as much; -1 when there is none.</summary>
    public int FindKeyOf(ActivityTable other, int otherRow)
    {
        var key = other.Key(otherRow, stackalloc byte[MostDigits]);
        return Find(key, other._rows[otherRow].Text, HashSlots.Hash(key));
    }

    /// <summary>Whether the row holds the same numbers, date and texts as a row of another table; members are compared by the caller.</summary>
    public bool HasSameContent(int row, ActivityTable other, int otherRow) =>
        _rows[row].HasNumbersOf(other._rows[otherRow]) && (!keepsTexts || Content(row).SequenceEqual(other.Content(otherRow)));

    /// <summary>Takes in an activity: the later one with a key stands in the place of the earlier.</summary>
    /// <param name="batch">The batch in which it stands.</param>
    /// <param name="index">Where it stands there.</param>
    /// <param name="member">The number of its member.</param>
    /// <returns>Whether the key was there already.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Put(ActivityBatch batch, int index, int member)
    {
        ref readonly var lookup = ref batch.LookupOf(index);
        var number = keepsTexts ? 0 : Complement(batch.Key(index));
        var row = Find(batch.Key(index), number, lookup.Key);
        var known = row >= 0;
        if (!known)
        {
            EnsureRoom(1);
            row = Count++;
            _index.Add(lookup.Key, row);
        }

        ref var kept = ref _rows[row];
        kept.Sales = batch.Sales[index];
        kept.Views = batch.Views[index];
        kept.Text = number < 0 ? number : AppendText(batch, index, lookup.UrlFollows);
        kept.Member = member;
        kept.Day = batch.Days[index];
        kept.Units = batch.Units[index];
        kept.Likes = batch.Likes[index];
        kept.Comments = batch.Comments[index];
        kept.Next = -1;
        return known;
    }

    /// <summary>Copies a row of another table into this one, over <paramref name="row"/> or, when that is -1, as a new row; chains stay.</summary>
    public int Copy(ActivityTable source, int sourceRow, int row, int member)
    {
        var next = -1;
        if (row < 0)
        {
            EnsureRoom(1);
            row = Count++;
            _index.Add(HashSlots.Hash(source.Key(sourceRow, stackalloc byte[MostDigits])), row);
        }
        else
        {
            next = _rows[row].Next;
        }

        ref readonly var copied = ref source._rows[sourceRow];
        _rows[row] = copied with { Text = copied.Text < 0 ? copied.Text : _heap.Append(source.Record(sourceRow)), Member = member, Next = next };
        return row;
    }

    /// <summary>Makes room, so that that many rows can be added without allocating columns.</summary>
    public void EnsureRoom(int more)
    {
        _index.EnsureRoom(more);
        if (Count + more > _rows.Length)
        {
            Array.Resize(ref _rows, (int)Math.Min(Array.MaxLength, Math.Max(Count * 3L / 2, Count + (long)more)));
        }
    }

    /// <summary>The texts of a row as they are kept, for a snapshot.</summary>
    public ReadOnlySpan<byte> Record(int row)
    {
        var all = _heap.From(_rows[row].Text);
        var rest = all;
        Take(ref rest);
        Take(ref rest);
        return all[..^rest.Length];
    }

    /// <summary>Rebuilds the table from a snapshot: rows whose <see cref="ActivityRow.Text"/> is the length of the texts that follow.</summary>
    /// <exception cref="InvalidDataException">A text does not parse, a number is impossible, or a key stands twice.</exception>
    public static ActivityTable Restore(ActivityRow[] rows, TextHeapReader texts)
    {
        var table = new ActivityTable { _rows = rows };
        table._index.EnsureRoom(rows.Length);
        for (var row = 0; row < rows.Length; row++)
        {
            ref var kept = ref rows[row];
            var length = kept.Text is > 0 and < 1 << 27 ? (int)kept.Text : throw new InvalidDataException("a text has no possible length");
            kept.Text = texts(table._heap, length);
            kept.Next = -1;
            table.Count = row + 1;
            if (!IsWhole(table._heap.From(kept.Text)[..length]) || (kept.Units | kept.Likes | kept.Comments) < 0 || kept.Views < 0)
            {
                throw new InvalidDataException("an activity does not parse");
            }

            var key = table.Key(row, default);
            var hash = HashSlots.Hash(key);
            if (table.Find(key, kept.Text, hash) >= 0)
            {
                throw new InvalidDataException("an activity stands twice");
            }

            table._index.Add(hash, row);
        }

        return table;
    }

    /// <summary>Reads the next text of a snapshot into a heap and returns where it stands.</summary>
    internal delegate long TextHeapReader(TextHeap heap, int length);

    // A record is: content (key, click-through rate, title), URL; each text has its length in front.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long AppendText(ActivityBatch batch, int index, bool urlFollows)
    {
        var key = batch.Key(index);
        var rate = keepsTexts ? batch.ClickThroughRate(index) : default;
        var title = keepsTexts ? batch.Title(index) : default;
        var url = urlFollows || !keepsTexts ? default : batch.Url(index);
        var content = Size(key.Length) + Size(rate.Length) + Size(title.Length);
        var destination = _heap.Reserve(SizeOfLength(content) + content + Size(url.Length), out var position);
        WriteLength(ref destination, content);
        Write(ref destination, key);
        Write(ref destination, rate);
        Write(ref destination, title);
        Write(ref destination, url);
        return position;
    }

    private ReadOnlySpan<byte> Content(int row)
    {
        var record = _heap.From(_rows[row].Text);
        return Take(ref record);
    }

    /// <summary>The key of a row; a number is written into <paramref name="digits"/>.</summary>
    private ReadOnlySpan<byte> Key(int row, Span<byte> digits)
    {
        if (_rows[row].Text is < 0 and var number)
        {
            _ = (~number).TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
            return digits[..length];
        }

        var content = Content(row);
        return Take(ref content);
    }

    /// <param name="key">The key as text.</param>
    /// <param name="number">The complement of its number, or at least 0 where the text is compared.</param>
    /// <param name="hash">The hash of the text.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Find(ReadOnlySpan<byte> key, long number, uint hash)
    {
        for (var slot = _index.Start(hash); ;)
        {
            var row = _index.Next(ref slot, hash);
            if (row < 0)
            {
                return row;
            }

            // Whoever has the same key keeps it in the same way.
            var text = _rows[row].Text;
            if (number < 0 ? text == number : text >= 0 && Key(row, default).SequenceEqual(key))
            {
                return row;
            }
        }
    }

    /// <summary>The complement of a key that is a number as numbers are written, so that it can be told from a place; 0 of any other key.</summary>
    private static long Complement(ReadOnlySpan<byte> key)
    {
        if (key.Length > MostDigits || (key[0] == (byte)'0' && key.Length > 1))
        {
            return 0;
        }

        ulong number = 0;
        foreach (var digit in key)
        {
            var value = (uint)digit - '0';
            if (value > 9)
            {
                return 0;
            }

            number = (number * 10) + value;
        }

        return number <= long.MaxValue ? ~(long)number : 0;
    }

    private static int SizeOfLength(int length) => length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5;

    private static int Size(int length) => SizeOfLength(length) + length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteLength(ref Span<byte> destination, int length)
    {
        if (length < 0x80)
        {
            destination[0] = (byte)length;
            destination = destination[1..];
            return;
        }

        WriteLongLength(ref destination, length);
    }

    private static void WriteLongLength(ref Span<byte> destination, int length)
    {
        var value = (uint)length;
        var i = 0;
        while (value >= 0x80)
        {
            destination[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[i++] = (byte)value;
        destination = destination[i..];
    }

    private static void Write(ref Span<byte> destination, ReadOnlySpan<byte> text)
    {
        WriteLength(ref destination, text.Length);
        text.CopyTo(destination);
        destination = destination[text.Length..];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> source)
    {
        if (source[0] is < 0x80 and var few)
        {
            var text = source.Slice(1, few);
            source = source[(1 + few)..];
            return text;
        }

        return TakeLong(ref source);
    }

    private static ReadOnlySpan<byte> TakeLong(scoped ref ReadOnlySpan<byte> source)
    {
        var length = 0;
        var i = 0;
        var shift = 0;
        while (true)
        {
            var b = source[i++];
            length |= (b & 0x7F) << shift;
            if (b < 0x80)
            {
                break;
            }

            shift += 7;
        }

        var text = source.Slice(i, length);
        source = source[(i + length)..];
        return text;
    }

    private static bool IsWhole(ReadOnlySpan<byte> record)
    {
        try
        {
            var content = Take(ref record);
            Take(ref record);
            var whole = record.IsEmpty;
            var key = Take(ref content);
            Take(ref content);
            Take(ref content);
            return whole && content.IsEmpty && !key.IsEmpty;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            return false;
        }
    }
}
