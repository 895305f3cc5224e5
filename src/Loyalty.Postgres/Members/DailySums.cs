using System.Runtime.InteropServices;
using Loyalty.Activities;
using Loyalty.Tiers;

namespace Loyalty.Postgres.Members;

/// <summary>
/// One member's activity and adjustments summed by day: read from the member's row, corrected by what a run added and took away, and packed
/// again. A buffer that is filled for one member after the other.
/// </summary>
/// <remarks>Sums are exact whatever the order: they are made in 128 bits and checked once.</remarks>
internal sealed class DailySums
{
    private const byte Version = 1;

    private readonly List<Line> _activity = [];
    private readonly List<Line> _adjustments = [];
    private byte[] _packed = new byte[256];
    private int _length;

    public void Clear()
    {
        _activity.Clear();
        _adjustments.Clear();
    }

    /// <summary>Adds activity of a day, or takes it away when <paramref name="sign"/> is -1.</summary>
    public void Add(int day, int sign, long sales, long units, long videos, long views, long likes, long comments) =>
        _activity.Add(new Line(day, sign, videos, sales, units, views, likes, comments));

    /// <summary>Adds adjustments of a day, or takes them away when <paramref name="sign"/> is -1.</summary>
    public void AddAdjustment(int day, int sign, long count, long sales, long units) =>
        _adjustments.Add(new Line(day, sign, count, sales, units, 0, 0, 0));

    /// <summary>Brings the lines into order, one for each day.</summary>
    /// <exception cref="OverflowException">The sum of a day leaves the range of <see cref="long"/>.</exception>
    public void Sum()
    {
        Sum(_activity);
        Sum(_adjustments);
    }

    /// <summary>The first day with activity, or <see cref="int.MaxValue"/>; asked after <see cref="Sum()"/>.</summary>
    public int FirstActivityDay => _activity.Count == 0 ? int.MaxValue : _activity[0].Day;

    /// <summary>Hands the days to what reviews ask.</summary>
    public void CopyTo(MemberHistory history)
    {
        history.Clear();
        foreach (ref readonly var line in CollectionsMarshal.AsSpan(_activity))
        {
            history.Add(DateOnly.FromDayNumber(line.Day), new ActivityTotals(line.Sales, line.Units, line.Count, line.Views, line.Likes, line.Comments));
        }

        foreach (ref readonly var line in CollectionsMarshal.AsSpan(_adjustments))
        {
            history.Add(DateOnly.FromDayNumber(line.Day), new AdjustmentTotals(line.Sales, line.Units));
        }
    }

    /// <summary>Adds what a member's row holds.</summary>
    /// <exception cref="InvalidDataException">The bytes do not parse.</exception>
    public void Unpack(ReadOnlySpan<byte> packed)
    {
        if (packed.IsEmpty || packed[0] != Version)
        {
            throw new InvalidDataException("The history of a member was written by another version of the library.");
        }

        packed = packed[1..];
        var day = 0L;
        for (var left = Take(ref packed); left > 0; left--)
        {
            day += (long)Take(ref packed);
            var sales = TakeSigned(ref packed);
            Add(
                (int)day, 1, sales, (long)Take(ref packed), (long)Take(ref packed), (long)Take(ref packed), (long)Take(ref packed), (long)Take(ref packed));
        }

        day = 0;
        for (var left = Take(ref packed); left > 0; left--)
        {
            day += (long)Take(ref packed);
            AddAdjustment((int)day, 1, (long)Take(ref packed), TakeSigned(ref packed), TakeSigned(ref packed));
        }

        if (!packed.IsEmpty)
        {
            throw new InvalidDataException("The history of a member has bytes after its end.");
        }
    }

    /// <summary>The days as bytes, valid until the next call: differences of days and sums as variable-length integers.</summary>
    public ReadOnlySpan<byte> Pack()
    {
        _length = 0;
        Room(1);
        _packed[_length++] = Version;
        Put((ulong)_activity.Count);
        var day = 0;
        foreach (ref readonly var line in CollectionsMarshal.AsSpan(_activity))
        {
            Put((ulong)(line.Day - day));
            day = line.Day;
            PutSigned(line.Sales);
            Put((ulong)line.Units);
            Put((ulong)line.Count);
            Put((ulong)line.Views);
            Put((ulong)line.Likes);
            Put((ulong)line.Comments);
        }

        Put((ulong)_adjustments.Count);
        day = 0;
        foreach (ref readonly var line in CollectionsMarshal.AsSpan(_adjustments))
        {
            Put((ulong)(line.Day - day));
            day = line.Day;
            Put((ulong)line.Count);
            PutSigned(line.Sales);
            PutSigned(line.Units);
        }

        return _packed.AsSpan(0, _length);
    }

    private static void Sum(List<Line> lines)
    {
        var span = CollectionsMarshal.AsSpan(lines);
        var sorted = true;
        for (var i = 1; i < span.Length && sorted; i++)
        {
            sorted = span[i - 1].Day <= span[i].Day;
        }

        if (!sorted)
        {
            span.Sort(static (a, b) => a.Day.CompareTo(b.Day));
        }

        var kept = 0;
        for (var i = 0; i < span.Length;)
        {
            var end = i + 1;
            while (end < span.Length && span[end].Day == span[i].Day)
            {
                end++;
            }

            var sum = end == i + 1 && span[i].Sign > 0 ? span[i] : Sum(span[i..end]);
            if (sum.Count != 0)
            {
                span[kept++] = sum;
            }

            i = end;
        }

        lines.RemoveRange(kept, lines.Count - kept);
    }

    private static Line Sum(ReadOnlySpan<Line> lines)
    {
        Int128 count = 0;
        Int128 sales = 0;
        Int128 units = 0;
        Int128 views = 0;
        Int128 likes = 0;
        Int128 comments = 0;
        foreach (ref readonly var line in lines)
        {
            count += line.Sign * (Int128)line.Count;
            sales += line.Sign * (Int128)line.Sales;
            units += line.Sign * (Int128)line.Units;
            views += line.Sign * (Int128)line.Views;
            likes += line.Sign * (Int128)line.Likes;
            comments += line.Sign * (Int128)line.Comments;
        }

        return checked(new Line(lines[0].Day, 1, (long)count, (long)sales, (long)units, (long)views, (long)likes, (long)comments));
    }

    private static ulong Take(ref ReadOnlySpan<byte> source)
    {
        var value = 0UL;
        for (var i = 0; i < Math.Min(10, source.Length); i++)
        {
            value |= (ulong)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                source = source[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("The history of a member is cut off.");
    }

    private static long TakeSigned(ref ReadOnlySpan<byte> source)
    {
        var value = Take(ref source);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private void PutSigned(long value) => Put((ulong)((value << 1) ^ (value >> 63)));

    private void Put(ulong value)
    {
        Room(10);
        while (value >= 0x80)
        {
            _packed[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _packed[_length++] = (byte)value;
    }

    private void Room(int more)
    {
        if (more > _packed.Length - _length)
        {
            Array.Resize(ref _packed, Math.Max(_packed.Length * 2, _length + more));
        }
    }

    private readonly record struct Line(
        int Day, int Sign, long Count, long Sales, long Units, long Views, long Likes, long Comments);
}
