namespace Loyalty.Scoring;

/// <summary>What is wrong with a list of segments in one place: a cell that no segment covers, or two that cover the same cell.</summary>
/// <remarks>Immutable.</remarks>
public sealed record SegmentFault
{
    private SegmentFault(RfmCell cell, int first, int second)
    {
        Cell = cell;
        First = first;
        Second = second;
    }

    /// <summary>The cell: the one not covered, or the lowest one that both cover.</summary>
    public RfmCell Cell { get; }

    /// <summary>The position of the earlier of two overlapping segments in their list, or −1 for a gap.</summary>
    public int First { get; }

    /// <summary>The position of the later of two overlapping segments in their list, or −1 for a gap.</summary>
    public int Second { get; }

    /// <summary>Whether no segment covers the cell.</summary>
    public bool IsGap => First < 0;

    internal static SegmentFault Gap(RfmCell cell) => new(cell, -1, -1);

    internal static SegmentFault Overlap(RfmCell cell, int first, int second) => new(cell, first, second);
}
