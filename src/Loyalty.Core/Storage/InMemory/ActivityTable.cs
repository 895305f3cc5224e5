using Loyalty.Activities;

namespace Loyalty.Storage.InMemory;

/// <summary>Activities in columns, found by key, chained by member.</summary>
internal sealed class ActivityTable
{
    private readonly TextHeap _heap = new();
    private HashSlots _index = new(64);
    private int[] _member = new int[64];
    private int[] _day = new int[64];
    private long[] _sales = new long[64];
    private int[] _units = new int[64];
    private long[] _views = new long[64];
    private int[] _likes = new int[64];
    private int[] _comments = new int[64];
    private int[] _next = new int[64];
    private long[] _text = new long[64];

    public int Count { get; private set; }

    public Span<int> Member => _member.AsSpan(0, Count);

    public ReadOnlySpan<int> Day => _day.AsSpan(0, Count);

    public ReadOnlySpan<long> Sales => _sales.AsSpan(0, Count);

    public ReadOnlySpan<int> Units => _units.AsSpan(0, Count);

    public ReadOnlySpan<long> Views => _views.AsSpan(0, Count);

    public ReadOnlySpan<int> Likes => _likes.AsSpan(0, Count);

    public ReadOnlySpan<int> Comments => _comments.AsSpan(0, Count);

    /// <summary>The next activity of the same member, or -1; what it means is the owner's affair.</summary>
    public Span<int> Next => _next.AsSpan(0, Count);

    public ActivityTotals Totals(int row) => new(_sales[row], _units[row], 1, _views[row], _likes[row], _comments[row]);

    public ReadOnlySpan<byte> Key(int row)
    {
        var content = Content(row);
        return Take(ref content);
    }

    /// <summary>Click-through rate, title and URL of an activity; the URL is empty when it follows from handle and key.</summary>
    public void Texts(int row, out ReadOnlySpan<byte> clickThroughRate, out ReadOnlySpan<byte> title, out ReadOnlySpan<byte> url)
    {
        var record = _heap.From(_text[row]);
        var content = Take(ref record);
        url = Take(ref record);
        Take(ref content);
        clickThroughRate = Take(ref content);
        title = Take(ref content);
    }

    public int Find(ReadOnlySpan<byte> key) => Find(key, HashSlots.Hash(key));

    /// <summary>Whether the row holds the same numbers, date and texts as a row of another table; members are compared by the caller.</summary>
    public bool HasSameContent(int row, ActivityTable other, int otherRow) =>
        HasSameNumbers(row, other, otherRow) && Content(row).SequenceEqual(other.Content(otherRow));

    public bool HasSameNumbers(int row, ActivityTable other, int otherRow) =>
        _day[row] == other._day[otherRow] && _sales[row] == other._sales[otherRow] && _units[row] == other._units[otherRow]
        && _views[row] == other._views[otherRow] && _likes[row] == other._likes[otherRow] && _comments[row] == other._comments[otherRow];

    /// <summary>Takes in an activity: the later one with a key stands in the place of the earlier.</summary>
    /// <returns>Whether the key was there already.</returns>
    public bool Put(in Activity activity, int member)
    {
        var hash = HashSlots.Hash(activity.Key);
        var row = Find(activity.Key, hash);
        var known = row >= 0;
        if (!known)
        {
            EnsureRoom(1);
            row = Count++;
            _index.Add(hash, row);
        }

        _member[row] = member;
        _day[row] = activity.Date.DayNumber;
        _sales[row] = activity.Sales;
        _units[row] = activity.Units;
        _views[row] = activity.Views;
        _likes[row] = activity.Likes;
        _comments[row] = activity.Comments;
        _next[row] = -1;
        _text[row] = AppendText(activity);
        return known;
    }

    /// <summary>Copies a row of another table into this one, over <paramref name="row"/> or, when that is -1, as a new row; chains stay.</summary>
    public int Copy(ActivityTable source, int sourceRow, int row, int member)
    {
        var record = source.Record(sourceRow);
        if (row < 0)
        {
            EnsureRoom(1);
            row = Count++;
            _index.Add(HashSlots.Hash(source.Key(sourceRow)), row);
            _next[row] = -1;
        }

        _member[row] = member;
        _day[row] = source._day[sourceRow];
        _sales[row] = source._sales[sourceRow];
        _units[row] = source._units[sourceRow];
        _views[row] = source._views[sourceRow];
        _likes[row] = source._likes[sourceRow];
        _comments[row] = source._comments[sourceRow];
        _text[row] = _heap.Append(record);
        return row;
    }

    /// <summary>Makes room, so that that many rows can be added without allocating columns.</summary>
    public void EnsureRoom(int more)
    {
        _index.EnsureRoom(more);
        if (Count + more <= _member.Length)
        {
            return;
        }

        var size = (int)Math.Min(Array.MaxLength, Math.Max(_member.Length * 2L, Count + (long)more));
        Array.Resize(ref _member, size);
        Array.Resize(ref _day, size);
        Array.Resize(ref _sales, size);
        Array.Resize(ref _units, size);
        Array.Resize(ref _views, size);
        Array.Resize(ref _likes, size);
        Array.Resize(ref _comments, size);
        Array.Resize(ref _next, size);
        Array.Resize(ref _text, size);
    }

    /// <summary>The texts of a row as they are kept, for a snapshot.</summary>
    public ReadOnlySpan<byte> Record(int row)
    {
        var all = _heap.From(_text[row]);
        var rest = all;
        Take(ref rest);
        Take(ref rest);
        return all[..^rest.Length];
    }

    /// <summary>Rebuilds the table from a snapshot.</summary>
    /// <exception cref="InvalidDataException">A text does not parse, or a key stands twice.</exception>
    public static ActivityTable Restore(
        int[] member, int[] day, long[] sales, int[] units, long[] views, int[] likes, int[] comments, ReadOnlySpan<int> lengths, TextHeapReader texts)
    {
        var table = new ActivityTable();
        table._index.EnsureRoom(member.Length);
        table._member = member;
        table._day = day;
        table._sales = sales;
        table._units = units;
        table._views = views;
        table._likes = likes;
        table._comments = comments;
        table._next = new int[member.Length];
        table._text = new long[member.Length];
        table._next.AsSpan().Fill(-1);
        for (var row = 0; row < member.Length; row++)
        {
            table._text[row] = texts(table._heap, lengths[row]);
            table.Count = row + 1;
            if (!IsWhole(table._heap.From(table._text[row])[..lengths[row]]))
            {
                throw new InvalidDataException("the texts of an activity do not parse");
            }

            var key = table.Key(row);
            var hash = HashSlots.Hash(key);
            if (table.Find(key, hash) >= 0)
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
    private long AppendText(in Activity activity)
    {
        var url = Follows(activity) ? default : activity.Url;
        var content = Size(activity.Key.Length) + Size(activity.ClickThroughRate.Length) + Size(activity.Title.Length);
        var destination = _heap.Reserve(SizeOfLength(content) + content + Size(url.Length), out var position);
        WriteLength(ref destination, content);
        Write(ref destination, activity.Key);
        Write(ref destination, activity.ClickThroughRate);
        Write(ref destination, activity.Title);
        Write(ref destination, url);
        return position;
    }

    /// <summary>Whether the URL is the one that handle and key give, so that it need not be kept.</summary>
    private static bool Follows(in Activity activity)
    {
        var url = activity.Url;
        return url.Length == 31 + activity.Handle.Length + activity.Key.Length
            && url.StartsWith("https://www.tiktok.com/@"u8)
            && url[24..].StartsWith(activity.Handle)
            && url[(24 + activity.Handle.Length)..].StartsWith("/video/"u8)
            && url.EndsWith(activity.Key);
    }

    private ReadOnlySpan<byte> Content(int row)
    {
        var record = _heap.From(_text[row]);
        return Take(ref record);
    }

    private int Find(ReadOnlySpan<byte> key, uint hash)
    {
        for (var slot = _index.Start(hash); ;)
        {
            var row = _index.Next(ref slot, hash);
            if (row < 0 || Key(row).SequenceEqual(key))
            {
                return row;
            }
        }
    }

    private static int SizeOfLength(int length) => length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5;

    private static int Size(int length) => SizeOfLength(length) + length;

    private static void WriteLength(ref Span<byte> destination, int length)
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

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> source)
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
