// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// The token of the demo chain: enough of ERC-20 to have Transfer logs that mean something.
contract Token {
    string public constant name = "Trace Demo";
    string public constant symbol = "TRD";
    uint8 public constant decimals = 18;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function mint(address to, uint256 value) external {
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }

    /// As many logs as asked for: a block with thousands is no accident here.
    function scatter(uint256 count) external {
        for (uint256 i = 0; i < count; i++) {
            emit Transfer(msg.sender, address(uint160(i)), i);
        }
    }
}
