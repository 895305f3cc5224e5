using System.Runtime.CompilerServices;
using Loyalty.Memory;

namespace Loyalty.Activities;

/// <summary>Activities in columns, in the order in which their source listed them: what a reader hands to a store.</summary>
/// <remarks>
/// To be filled, handed over, cleared and filled again; it allocates only while it grows. Not thread-safe. The spans it gives out are valid
/// until the next <see cref="Add"/> or <see cref="Clear"/>.
/// </remarks>
public sealed class ActivityBatch
{
    /// <summary>How many activities readers put into one batch.</summary>
#if DEBUG
    public const int PreferredCount = 64;
#else
    public const int PreferredCount = 16_384;
#endif

    private const int Texts = 5;
    private const int MaxHandleLength = 1_024;

    private int _count;
    private int[] _ends;
    private byte[] _text;
    private int _textLength;
    private int[] _days;
    private long[] _sales;
    private int[] _units;
    private long[] _views;
    private int[] _likes;
    private int[] _comments;

    // Made when an activity is added, while its texts are at hand: tables ask for them later, on another thread.
    private Lookup[] _lookups;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="capacity">For how many activities to make room at first, at least 0; it grows when more are added.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is negative.</exception>
    public ActivityBatch(int capacity = 64)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        capacity = Math.Max(capacity, 16);
        _ends = new int[capacity * Texts];
        _text = new byte[capacity * 144L > Array.MaxLength ? Array.MaxLength : capacity * 144];
        _days = new int[capacity];
        _sales = new long[capacity];
        _units = new int[capacity];
        _views = new long[capacity];
        _likes = new int[capacity];
        _comments = new int[capacity];
        _lookups = new Lookup[capacity];
    }

    /// <summary>The number of activities.</summary>
    public int Count => _count;

    /// <summary>
    /// About how many activities follow in later batches of the same source, 0 when unknown: a hint by which a store can make room.
    /// </summary>
    public long ExpectedRest { get; set; }

    /// <summary>The date of each activity, as <see cref="DateOnly.DayNumber"/>.</summary>
    public ReadOnlySpan<int> Days => _days.AsSpan(0, _count);

    /// <summary>The sales of each activity in minor units.</summary>
    public ReadOnlySpan<long> Sales => _sales.AsSpan(0, _count);

    /// <summary>The units of each activity.</summary>
    public ReadOnlySpan<int> Units => _units.AsSpan(0, _count);

    /// <summary>The views of each activity.</summary>
    public ReadOnlySpan<long> Views => _views.AsSpan(0, _count);

    /// <summary>The likes of each activity.</summary>
    public ReadOnlySpan<int> Likes => _likes.AsSpan(0, _count);

    /// <summary>The comments of each activity.</summary>
    public ReadOnlySpan<int> Comments => _comments.AsSpan(0, _count);

    /// <summary>The activity at <paramref name="index"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not in the batch.</exception>
    public Activity this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _count);
            return new Activity
            {
                Handle = Handle(index),
                Key = Key(index),
                ClickThroughRate = ClickThroughRate(index),
                Title = Title(index),
                Url = Url(index),
                Date = DateOnly.FromDayNumber(_days[index]),
                Sales = _sales[index],
                Units = _units[index],
                Views = _views[index],
                Likes = _likes[index],
                Comments = _comments[index],
            };
        }
    }

    /// <summary>Empties the batch and keeps its memory.</summary>
    public void Clear()
    {
        _count = 0;
        _textLength = 0;
        ExpectedRest = 0;
    }

    /// <summary>Appends an activity; a later one with the same key takes its place in the store.</summary>
    /// <exception cref="ArgumentException">Handle or key are empty or too long (1,024 bytes; <see cref="ActivityKey.MaxLength"/>), or a count is negative.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(in Activity activity)
    {
        if (activity.Handle.Length is 0 or > MaxHandleLength || activity.Key.Length is 0 or > ActivityKey.MaxLength)
        {
            throw new ArgumentException("An activity needs a handle of at most 1,024 bytes, and a key of at most 2,048 bytes.", nameof(activity));
        }

        if ((activity.Units | activity.Likes | activity.Comments) < 0 || activity.Views < 0)
        {
            throw new ArgumentException("Units, views, likes and comments of an activity are at least 0.", nameof(activity));
        }

        var index = _count;
        if (index == _days.Length)
        {
            Grow();
        }

        _days[index] = activity.Date.DayNumber;
        _sales[index] = activity.Sales;
        _units[index] = activity.Units;
        _views[index] = activity.Views;
        _likes[index] = activity.Likes;
        _comments[index] = activity.Comments;
        _lookups[index] = new Lookup
        {
            Handle = HashSlots.Hash(activity.Handle),
            Key = HashSlots.Hash(activity.Key),
            UrlFollows = ActivityKey.Gives(activity.Url, activity.Handle, activity.Key),
        };
        EnsureText((long)activity.Handle.Length + activity.Key.Length + activity.ClickThroughRate.Length + activity.Title.Length + activity.Url.Length);
        var ends = _ends.AsSpan(index * Texts, Texts);
        ends[0] = Append(activity.Handle);
        ends[1] = Append(activity.Key);
        ends[2] = Append(activity.ClickThroughRate);
        ends[3] = Append(activity.Title);
        ends[4] = Append(activity.Url);
        _count++;
    }

    internal ReadOnlySpan<byte> Handle(int index) => Text(index, 0);

    internal ReadOnlySpan<byte> Key(int index) => Text(index, 1);

    internal ReadOnlySpan<byte> ClickThroughRate(int index) => Text(index, 2);

    internal ReadOnlySpan<byte> Title(int index) => Text(index, 3);

    internal ReadOnlySpan<byte> Url(int index) => Text(index, 4);

    /// <summary>By what tables find an activity.</summary>
    internal ref readonly Lookup LookupOf(int index) => ref _lookups[index];

    private ReadOnlySpan<byte> Text(int index, int which)
    {
        var at = (index * Texts) + which;
        var start = at == 0 ? 0 : _ends[at - 1];
        return _text.AsSpan(start, _ends[at] - start);
    }

    private void EnsureText(long more)
    {
        if (more > _text.Length - _textLength)
        {
            Array.Resize(ref _text, checked((int)Math.Max(Math.Min(_text.Length * 2L, Array.MaxLength), _textLength + more)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_text.AsSpan(_textLength));
        return _textLength += text.Length;
    }

    private void Grow()
    {
        var size = _days.Length * 2;
        Array.Resize(ref _ends, size * Texts);
        Array.Resize(ref _days, size);
        Array.Resize(ref _sales, size);
        Array.Resize(ref _units, size);
        Array.Resize(ref _views, size);
        Array.Resize(ref _likes, size);
        Array.Resize(ref _comments, size);
        Array.Resize(ref _lookups, size);
    }

    /// <summary>The hashes of handle and key, and whether the URL is the one that both give.</summary>
    internal struct Lookup
    {
        public uint Handle;
        public uint Key;
        public bool UrlFollows;
    }
}
